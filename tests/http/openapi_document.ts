import type { Json } from "../helpers/api_client.ts";

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];

/** The calls that a document describes, as `GET /v1/jobs`. */
export function documentedCalls(document: Json): string[] {
  return Object.entries<Json>(document.paths).flatMap(([path, item]) =>
    Object.keys(item).filter((key) => METHODS.includes(key)).map((method) =>
      `${method.toUpperCase()} ${path}`
    )
  );
}

/** Every object in a document, with the way to it. */
export function* nodes(value: Json, path = "#"): Generator<[string, Json]> {
  if (typeof value !== "object" || value === null) return;
  yield [path, value];
  for (const [key, each] of Object.entries(value)) {
    yield* nodes(each, `${path}/${key}`);
  }
}

/** What a reference in a document leads to. */
export function resolve(document: Json, ref: string): Json {
  return ref.replace(/^#\//, "").split("/").reduce(
    (at, key) => at?.[key.replaceAll("~1", "/").replaceAll("~0", "~")],
    document,
  );
}

/**
 * What is wrong with a value by a schema of an OpenAPI document; none when it fits. It knows what of JSON
 * Schema the document uses, and checks by code of our own.
 */
export function problems(document: Json, schema: Json, value: Json): string[] {
  if (schema.$ref) {
    return problems(document, resolve(document, schema.$ref), value);
  }
  const found: string[] = [];
  const types = [schema.type ?? []].flat();
  const type = value === null
    ? "null"
    : Array.isArray(value)
    ? "array"
    : Number.isInteger(value)
    ? "integer"
    : typeof value;
  const fits = types.length === 0 || types.includes(type) ||
    (type === "integer" && types.includes("number"));
  if (!fits) found.push(`${JSON.stringify(value)} is no ${types}`);
  if (schema.enum && !schema.enum.includes(value)) {
    found.push(`${value} is not one of ${schema.enum}`);
  }
  if (schema.pattern && type === "string") {
    if (!new RegExp(schema.pattern).test(value)) {
      found.push(`${value} does not match ${schema.pattern}`);
    }
  }
  for (const alternatives of [schema.anyOf, schema.oneOf]) {
    if (!alternatives) continue;
    const all = alternatives.map((each: Json) =>
      problems(document, each, value)
    );
    if (!all.some((each: string[]) => each.length === 0)) {
      found.push(...all.flat());
    }
  }
  for (const each of schema.allOf ?? []) {
    found.push(...problems(document, each, value));
  }
  if (type === "array" && schema.items) {
    for (const each of value) {
      found.push(...problems(document, schema.items, each));
    }
  }
  if (type === "object") {
    for (const name of schema.required ?? []) {
      if (!(name in value)) found.push(`"${name}" is missing`);
    }
    for (const [name, each] of Object.entries(value)) {
      const property = schema.properties?.[name] ??
        schema.additionalProperties;
      if (property === false || (schema.properties && property === undefined)) {
        found.push(`"${name}" is not in the schema`);
      } else if (typeof property === "object") {
        found.push(
          ...problems(document, property, each).map((p) => `${name}: ${p}`),
        );
      }
    }
  }
  return found;
}
