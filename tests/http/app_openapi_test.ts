import { deepEqual, equal, match } from "node:assert/strict";
import { serveApi } from "../helpers/api.ts";
import type { Json } from "../helpers/api_client.ts";

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];

/** Every object in a document, with the way to it. */
function* nodes(value: Json, path = "#"): Generator<[string, Json]> {
  if (typeof value !== "object" || value === null) return;
  yield [path, value];
  for (const [key, each] of Object.entries(value)) {
    yield* nodes(each, `${path}/${key}`);
  }
}

function resolve(document: Json, ref: string): Json {
  return ref.replace(/^#\//, "").split("/").reduce(
    (at, key) => at?.[key.replaceAll("~1", "/").replaceAll("~0", "~")],
    document,
  );
}

Deno.test("GET /openapi.json lists exactly the routes of the app", async () => {
  await using api = await serveApi();
  const { status, json } = await api.as("alice").get("/openapi.json");
  equal(status, 200);
  match(json.openapi, /^3\.1\.\d$/);
  deepEqual([json.info.title, json.info.version], ["worker", "1.2.3"]);
  const documented = Object.entries<Json>(json.paths).flatMap(([path, item]) =>
    Object.keys(item).filter((key) => METHODS.includes(key)).map((method) =>
      `${method.toUpperCase()} ${path}`
    )
  );
  // A middleware is a route too; those of this app apply to all methods.
  const served = new Set(
    api.app.routes.filter(({ method }) => method !== "ALL").map((
      { method, path },
    ) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`),
  );
  served.delete("GET /openapi.json");
  deepEqual(documented.toSorted(), [...served].sort());
  equal(documented.length, 15);
});

Deno.test("GET /openapi.json is whole: references, responses, parameters", async () => {
  await using api = await serveApi();
  const { json } = await api.as("alice").get("/openapi.json");
  let references = 0;
  for (const [path, node] of nodes(json)) {
    if (typeof node.$ref !== "string") continue;
    references++;
    equal(typeof resolve(json, node.$ref), "object", `${path}: ${node.$ref}`);
  }
  equal(references > 0, true);
  for (const [path, item] of Object.entries<Json>(json.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const [method, operation] of Object.entries<Json>(item)) {
      const what = `${method} ${path}`;
      equal(typeof operation.summary, "string", what);
      const codes = Object.keys(operation.responses);
      equal(codes.some((code) => /^2\d\d$/.test(code)), true, what);
      if (path !== "/healthz") equal(codes.includes("default"), true, what);
      for (const response of Object.values<Json>(operation.responses)) {
        equal(typeof response.description, "string", what);
      }
      const declared = (operation.parameters ?? []).filter((
        parameter: Json,
      ) => parameter.in === "path").map(({ name }: Json) => name);
      deepEqual(declared, inPath, what);
      for (const parameter of operation.parameters ?? []) {
        equal(typeof parameter.schema, "object", `${what} ${parameter.name}`);
      }
    }
  }
});

/** What of JSON Schema the document uses, checked by code of our own. */
function problems(document: Json, schema: Json, value: Json): string[] {
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

Deno.test("GET /openapi.json describes what is really sent and taken", async (t) => {
  await using api = await serveApi();
  const alice = api.as("alice");
  const { json: document } = await alice.get("/openapi.json");
  const { schemas } = document.components;
  const check = (name: string, value: Json) =>
    deepEqual(problems(document, schemas[name], value), []);
  const failed = await alice.finish("exit 3");
  await t.step("a final job", () => check("Job", failed));
  await t.step("a running job", async () => {
    check("Job", await alice.start({ command: "sleep", args: ["60"] }));
  });
  await t.step("a problem", async () => {
    check("Problem", (await alice.get("/v1/jobs/none")).json);
  });
  await t.step("requests", () => {
    check("JobSpec", {
      command: "ping",
      args: ["-c", "3", "google.com"],
      env: {},
      cwd: "/",
      user: null,
      name: null,
      labels: {},
      timeout: null,
      stdin: false,
      limits: { memory: "512M", cpu: 0.5, pids: 100, io: null, output: "256M" },
    });
    check("JobSpec", { command: "id" });
    check("StopRequest", { signal: "SIGTERM", grace: "10s" });
    check("StopRequest", {});
    check("SignalRequest", { signal: "SIGHUP" });
    check("JobSpec", {
      command: "id",
      startAfter: "10s",
      rlimits: { nofile: 64, core: "unlimited" },
      isolation: { readOnly: true },
    });
  });
  await t.step("and not what is refused", () => {
    const wrong = (name: string, value: Json) =>
      equal(problems(document, schemas[name], value).length > 0, true);
    wrong("Job", { ...failed, state: "gone" });
    wrong("Job", { ...failed, args: null });
    wrong("JobSpec", { args: [] });
    wrong("JobSpec", { command: "id", shell: true });
    wrong("JobSpec", { command: "id", timeout: "soon" });
    wrong("JobSpec", { command: "id", rlimits: { core: "1G" } });
    wrong("JobSpec", { command: "id", isolation: { chroot: true } });
    wrong("SignalRequest", {});
  });
  await t.step("the examples fit their schemas", () => {
    let examples = 0;
    for (const [path, node] of nodes(document)) {
      if (!("example" in node)) continue;
      examples++;
      const schema = node.schema ?? node;
      deepEqual(problems(document, schema, node.example), [], path);
    }
    equal(examples > 3, true);
  });
});
