import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { AuditEventSchema } from "../../lib/api/audit_event_schema.ts";
import { actionOfHandler } from "../../lib/http/audited.ts";
import { PROTOCOLS, serveApi, type ServedApi } from "../helpers/api.ts";
import type { Json } from "../helpers/api_client.ts";
import { records, RecordStream } from "../helpers/record_stream.ts";

const UNKNOWN = "01k00000000000000000000000";

/** The record as an administrator sees it, each checked against the schema. */
async function events(api: ServedApi, query = ""): Promise<Json[]> {
  const { status, text } = await api.as("admin").get(`/v1/events${query}`);
  equal(status, 200, text);
  return records(text).map((event) => AuditEventSchema.parse(event));
}

Deno.test("createApp() has an action for every route that changes something", async () => {
  await using api = await serveApi();
  const changing = Map.groupBy(
    api.app.routes.filter(({ method }) => !["GET", "ALL"].includes(method)),
    ({ method, path }) => `${method} ${path}`,
  );
  ok(changing.size >= 8, "it sees the routes");
  for (const [route, handlers] of changing) {
    const actions = handlers.map(({ handler }) => actionOfHandler(handler));
    equal(
      actions.filter((action) => action !== null).length,
      1,
      `"${route}" changes something: give it middleware: audited(…)`,
    );
  }
});

Deno.test("a call that changes something is on record when it is answered", async (t) => {
  await using api = await serveApi();
  const alice = api.as("alice");
  const { fingerprint256 } = new X509Certificate(
    api.certificates.clients.alice.cert,
  );
  const job = await alice.start({
    command: "sh",
    args: ["-c", "cat", "secret-argument"],
    env: { TOKEN: "secret-value" },
    stdin: true,
    name: "my cat",
  });
  const target = { job: job.id, owner: "alice" };
  await t.step("start", async () => {
    const [{ time, id: _, from, ...event }] = await events(api);
    ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
    match(from, /^127\.0\.0\.1:\d+$/);
    deepEqual(event, {
      actor: {
        name: "alice",
        roles: [],
        kind: "user",
        certificate: fingerprint256.replaceAll(":", "").toLowerCase(),
      },
      action: "job.start",
      target,
      detail: { command: "sh", name: "my cat" },
      result: "ok",
      status: 201,
      code: null,
      message: null,
      repeated: 1,
    });
  });
  for (
    const [path, body, action, detail] of [
      ["signal", { signal: "SIGCONT" }, "job.signal", { signal: "SIGCONT" }],
      ["input", "secret-input", "job.input", {}],
      ["stop", { signal: "SIGKILL" }, "job.stop", {
        signal: "SIGKILL",
        grace: "10s",
      }],
    ] as const
  ) {
    await t.step(path, async () => {
      equal((await alice.post(`/v1/jobs/${job.id}/${path}`, body)).status, 200);
      const last = (await events(api)).at(-1);
      deepEqual([last.action, last.target, last.detail, last.result], [
        action,
        target,
        detail,
        "ok",
      ]);
    });
  }
  await t.step("remove", async () => {
    equal((await alice.delete(`/v1/jobs/${job.id}`)).status, 204);
    const last = (await events(api)).at(-1);
    deepEqual([last.action, last.target, last.status], [
      "job.remove",
      target,
      204,
    ]);
  });
  await t.step("no secret is in it", async () => {
    equal(JSON.stringify(await events(api)).includes("secret"), false);
  });
});

Deno.test("POST /v1/run is on record before its output comes", async () => {
  for (const protocol of PROTOCOLS) {
    await using api = await serveApi();
    const response = await api.as("alice", protocol).open("/v1/run", {
      method: "POST",
      body: JSON.stringify({ command: "cat", stdin: true }),
    });
    await using stream = new RecordStream(response);
    const job = await stream.next();
    const [event, ...more] = await events(api);
    deepEqual([event.action, event.target.job, event.status, event.result], [
      "job.run",
      job.id,
      200,
      "ok",
    ]);
    deepEqual(more, []);
    await api.as("alice").post(`/v1/jobs/${job.id}/input`);
  }
});

Deno.test("a call that fails is on record with its code", async () => {
  await using api = await serveApi();
  const alice = api.as("alice");
  await alice.post("/v1/jobs", { command: "no-such-command" });
  await alice.post("/v1/jobs", { args: [] });
  await alice.post(`/v1/jobs/${UNKNOWN}/stop`);
  await alice.delete(`/v1/jobs/${UNKNOWN}`);
  deepEqual(
    (await events(api)).map((event) => [
      event.action,
      event.result,
      event.status,
      event.code,
      event.target?.job ?? null,
    ]),
    [
      ["job.start", "failed", 422, "COMMAND_NOT_FOUND", null],
      ["job.start", "failed", 400, "INVALID_ARGUMENT", null],
      ["job.stop", "failed", 404, "NOT_FOUND", UNKNOWN],
      ["job.remove", "failed", 404, "NOT_FOUND", UNKNOWN],
    ],
  );
});

Deno.test("what is read is on record only when it is refused", async () => {
  await using api = await serveApi();
  const job = await api.as("alice").finish("echo hello");
  const [alice, bob] = [api.as("alice"), api.as("bob")];
  for (const path of ["", "/output", "?wait=true"]) {
    equal((await alice.get(`/v1/jobs/${job.id}${path}`)).status, 200);
  }
  equal((await alice.get("/v1/jobs")).status, 200);
  equal((await alice.get(`/v1/jobs/${UNKNOWN}`)).status, 404);
  equal((await api.as("nobody").get("/healthz")).status, 200);
  equal((await events(api)).length, 1, "the start");
  equal((await bob.get(`/v1/jobs/${job.id}/output`)).status, 403);
  const last = (await events(api)).at(-1);
  deepEqual(
    [last.actor.name, last.action, last.result, last.code, last.detail],
    ["bob", "request", "refused", "PERMISSION_DENIED", {
      method: "GET",
      path: `/v1/jobs/${job.id}/output`,
    }],
  );
  deepEqual(last.target, { job: job.id, owner: "alice" });
});

Deno.test("who may not come in is on record with what was tried", async () => {
  await using api = await serveApi();
  await api.as("nobody").post("/v1/jobs", { command: "id" });
  await api.as("node").post("/v1/jobs", { command: "id" });
  await api.as("nobody").get("/v1/jobs");
  await api.as("foreign").get("/v1/jobs");
  deepEqual(
    (await events(api)).map(({ actor, action, status, code, message }) => [
      actor?.name ?? null,
      action,
      status,
      code,
      /no client|belongs to a node|authority/.exec(message)?.[0],
    ]),
    [
      [null, "job.start", 401, "UNAUTHENTICATED", "no client"],
      ["host-2", "job.start", 403, "PERMISSION_DENIED", "belongs to a node"],
      [null, "request", 401, "UNAUTHENTICATED", "no client"],
      [null, "connection", null, "UNAUTHENTICATED", "authority"],
      [null, "request", 401, "UNAUTHENTICATED", "authority"],
    ],
  );
});

Deno.test("GET /v1/events refuses whoever is no administrator, and records it", async () => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    for (const query of ["", "?follow=true"]) {
      const { status, json } = await api.as("alice", protocol).get(
        `/v1/events${query}`,
      );
      deepEqual([status, json.code], [403, "PERMISSION_DENIED"]);
    }
  }
  const refusals = await events(api, "?result=refused&actor=alice");
  equal(refusals.length, 4);
  equal(refusals[0].detail.path, "/v1/events");
});

Deno.test("GET /v1/events gives what is asked for", async (t) => {
  await using api = await serveApi();
  await api.as("alice").finish("exit 0");
  await api.as("bob").finish("exit 0");
  await api.as("bob").delete(`/v1/jobs/${UNKNOWN}`);
  await api.as("nobody").get("/v1/jobs");
  const all = await events(api);
  equal(all.length, 4);
  for (
    const [query, expected] of [
      ["?actor=bob", [1, 2]],
      ["?action=job.start", [0, 1]],
      ["?result=failed", [2]],
      ["?result=ok&actor=bob", [1]],
      ["?limit=1", [3]],
      ["?limit=2&actor=bob", [1, 2]],
      ["?limit=0", []],
      ["?since=1h", [0, 1, 2, 3]],
      ["?since=2100-01-01T00:00:00Z", []],
    ] as const
  ) {
    await t.step(query, async () => {
      deepEqual(await events(api, query), expected.map((index) => all[index]));
    });
  }
  await t.step(`?since=${all[3].time}`, async () => {
    const since = encodeURIComponent(all[3].time);
    const some = await events(api, `?since=${since}`);
    deepEqual(some.at(-1), all[3]);
    ok(some.every(({ time }) => time >= all[3].time));
  });
  for (const query of ["since=yesterday", "limit=-1", "result=good"]) {
    await t.step(query, async () => {
      const { status, json } = await api.as("admin").get(`/v1/events?${query}`);
      deepEqual([status, json.code], [400, "INVALID_ARGUMENT"]);
    });
  }
});

Deno.test("GET /v1/events?follow=true goes on with what comes, until the server ends", async () => {
  for (const protocol of PROTOCOLS) {
    await using api = await serveApi();
    const first = await api.as("alice").start({ command: "true" });
    await using stream = new RecordStream(
      await api.as("admin", protocol).open("/v1/events?follow=true"),
    );
    equal((await stream.next()).target.job, first.id);
    for (let count = 0; count < 3; count++) {
      const { id } = await api.as("bob").start({ command: "true" });
      equal((await stream.next()).target.job, id);
    }
    const closed = api.listener.close();
    // Cut, and not ended: it is not all that there is to come.
    await rejects(stream.next());
    await closed;
  }
});
