import { deepEqual, equal, match } from "node:assert/strict";
import { serveApi } from "../helpers/api.ts";
import type { Json } from "../helpers/api_client.ts";
import {
  documentedCalls,
  nodes,
  problems,
  resolve,
} from "./openapi_document.ts";

Deno.test("GET /openapi.json lists exactly the routes of the app", async () => {
  await using api = await serveApi();
  const { status, json } = await api.as("alice").get("/openapi.json");
  equal(status, 200);
  match(json.openapi, /^3\.1\.\d$/);
  deepEqual([json.info.title, json.info.version], ["worker", "1.2.3"]);
  const documented = documentedCalls(json);
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
