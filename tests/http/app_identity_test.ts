import { deepEqual, equal, match } from "node:assert/strict";
import { PROTOCOLS, serveApi, type ServedApi } from "../helpers/api.ts";
import type { Caller } from "../helpers/api_certificates.ts";
import { records, RecordStream } from "../helpers/record_stream.ts";
import { until } from "../helpers/jobs.ts";

const PROTECTED = ["/v1/jobs", "/v1/nothing", "/metrics", "/openapi.json"];

/** Asks every protected path on both protocols and expects the same refusal. */
async function refused(
  api: ServedApi,
  caller: Caller,
  [status, code, said]: readonly [number, string, RegExp],
): Promise<void> {
  for (const protocol of PROTOCOLS) {
    for (const path of PROTECTED) {
      const answer = await api.as(caller, protocol).get(path);
      deepEqual([answer.status, answer.json.code], [status, code], path);
      match(answer.json.detail, said);
    }
    const { json } = await api.as(caller, protocol).post("/v1/run", {
      command: "id",
    });
    equal(json.code, code);
  }
  deepEqual(await api.jobs.list(), []);
}

Deno.test("the API refuses whoever shows no good certificate of a user", async (t) => {
  await using api = await serveApi();
  for (
    const [caller, ...refusal] of [
      ["nobody", 401, "UNAUTHENTICATED", /no client certificate was sent/],
      ["foreign", 401, "UNAUTHENTICATED", /authority/],
      ["node", 403, "PERMISSION_DENIED", /"host-2" belongs to a node/],
    ] as const
  ) {
    await t.step(caller, () => refused(api, caller, refusal));
  }
});

Deno.test("the API refuses a certificate when it was revoked on an open connection", async () => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    equal((await api.as("bob", protocol).get("/v1/jobs")).status, 200);
  }
  const connections = api.listener.connections;
  const { X509Certificate } = await import("node:crypto");
  const { cert } = api.certificates.clients.bob;
  await api.revocations.add([{
    serial: new X509Certificate(cert).serialNumber.toLowerCase(),
    fingerprint: null,
    name: "bob",
    revokedAt: new Date().toISOString(),
    reason: null,
  }]);
  await refused(api, "bob", [401, "UNAUTHENTICATED", /revoked/]);
  // Where the certificate was good the connection stays: it was judged anew for the request.
  equal(api.listener.connections, connections);
  equal((await api.as("alice").get("/v1/jobs")).status, 200);
});

Deno.test("the API refuses a certificate when it expired on an open connection", async () => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    equal((await api.as("short", protocol).get("/v1/jobs")).status, 200);
  }
  api.now = () => Date.now() + 2 * 3_600_000;
  await refused(api, "short", [401, "UNAUTHENTICATED", /expired/]);
  equal((await api.as("alice").get("/v1/jobs")).status, 200);
});

Deno.test("a user sees and touches own jobs only, an administrator all", async (t) => {
  await using api = await serveApi();
  const [alice, bob, admin] = (["alice", "bob", "admin"] as const).map((who) =>
    api.as(who)
  );
  const job = await alice!.start({
    command: "cat",
    stdin: true,
    name: "secret-name",
    env: { SECRET: "secret-value" },
  });
  for (
    const [method, path, body] of [
      ["GET", "", undefined],
      ["GET", "?wait=true", undefined],
      ["DELETE", "", undefined],
      ["GET", "/output", undefined],
      ["GET", "/output?follow=true", undefined],
      ["POST", "/stop", "{}"],
      ["POST", "/signal", `{"signal":"SIGKILL"}`],
      ["POST", "/input", "text"],
    ] as const
  ) {
    await t.step(`bob: ${method} …${path}`, async () => {
      const { status, json, text } = await bob!.ask(
        `/v1/jobs/${job.id}${path}`,
        { method, ...body === undefined ? {} : { body } },
      );
      deepEqual([status, json.code], [403, "PERMISSION_DENIED"]);
      equal(text.includes("alice") || text.includes("secret"), false);
    });
  }
  deepEqual((await bob!.get("/v1/jobs")).json, []);
  deepEqual((await bob!.get("/v1/jobs?owner=bob")).json, []);
  const asked = await bob!.get("/v1/jobs?owner=alice");
  deepEqual([asked.status, asked.json.code], [403, "PERMISSION_DENIED"]);
  const watched = await bob!.get("/v1/jobs?owner=alice&watch=true");
  deepEqual([watched.status, watched.json.code], [403, "PERMISSION_DENIED"]);
  deepEqual((await admin!.get("/v1/jobs?owner=alice")).json, [job]);
  deepEqual((await admin!.get("/v1/jobs")).json, [job]);
  deepEqual((await alice!.get("/v1/jobs")).json, [job]);
  equal((await admin!.post(`/v1/jobs/${job.id}/input`, "in")).status, 200);
  const output = await admin!.get(`/v1/jobs/${job.id}/output?follow=true`);
  equal(records(output.text)[0].data, "in");
  equal((await admin!.delete(`/v1/jobs/${job.id}`)).status, 204);
});

Deno.test("GET /v1/jobs?watch=true tells each change of own jobs, and nothing of others", async (t) => {
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      await using api = await serveApi();
      const [alice, bob] = [api.as("alice", protocol), api.as("bob", protocol)];
      const before = await bob.finish("exit 0");
      const response = await bob.open("/v1/jobs?watch=true");
      equal(response.headers.get("content-type"), "application/x-ndjson");
      await using stream = new RecordStream(response);
      deepEqual(await stream.next(), { type: "job", ...before });
      await alice.finish("exit 0");
      const cat = await bob.start({ command: "cat", stdin: true });
      deepEqual(await stream.next(), { type: "job", ...cat });
      await bob.post(`/v1/jobs/${cat.id}/input`);
      const end = await stream.next();
      deepEqual([end.id, end.state], [cat.id, "succeeded"]);
    });
  }
});

Deno.test("GET /v1/jobs?watch=true is given up when its client goes", async () => {
  let watching = 0;
  await using api = await serveApi();
  const watch = api.jobs.watch.bind(api.jobs);
  api.jobs.watch = async function* (filter, options) {
    watching++;
    try {
      yield* watch(filter, options);
    } finally {
      watching--;
    }
  };
  for (const protocol of PROTOCOLS) {
    const job = await api.as("alice").start({ command: "true" });
    {
      await using stream = new RecordStream(
        await api.as("alice", protocol).open("/v1/jobs?watch=true"),
      );
      equal((await stream.next()).type, "job");
      equal(watching, 1);
    }
    await until(() => watching === 0, { what: "the end of the watch" });
    await api.as("alice").get(`/v1/jobs/${job.id}?wait=true`);
    await api.as("alice").delete(`/v1/jobs/${job.id}`);
  }
});
