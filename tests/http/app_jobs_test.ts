import { deepEqual, equal, match } from "node:assert/strict";
import { PROTOCOLS, serveApi } from "../helpers/api.ts";
import { RecordStream } from "../helpers/record_stream.ts";

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const UNKNOWN = "01k00000000000000000000000";

Deno.test("POST /v1/jobs answers the whole job with its Location when it is started", async (t) => {
  await using api = await serveApi({ node: "host-1" });
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = api.as("alice", protocol);
      const { status, headers, json } = await alice.post("/v1/jobs", {
        command: "sleep",
        args: ["60"],
      });
      equal(status, 201);
      equal(headers.get("location"), `/v1/jobs/${json.id}`);
      match(headers.get("content-type")!, /^application\/json/);
      const { id, pid, createdAt, startedAt, ...rest } = json;
      match(id, /^[0-9a-hjkmnp-tv-z]{26}$/);
      equal(Number.isInteger(pid) && pid > 0, true);
      match(createdAt, RFC3339);
      match(startedAt, RFC3339);
      deepEqual(rest, {
        command: "sleep",
        args: ["60"],
        env: {},
        cwd: "/",
        user: null,
        name: null,
        labels: {},
        timeout: null,
        stdin: false,
        checksum: true,
        overflow: "drop",
        limits: {
          memory: null,
          cpu: null,
          pids: null,
          io: null,
          output: null,
        },
        owner: "alice",
        node: "host-1",
        state: "running",
        endedAt: null,
        exit: null,
        output: { start: 0, end: 0 },
        bytes: { stdout: 0, stderr: 0 },
        sha256: { stdout: null, stderr: null },
        leftovers: [],
        startAfter: null,
        rlimits: {},
        isolation: {
          noNewPrivs: null,
          privateTmp: false,
          privateNetwork: false,
          pidNamespace: false,
          readOnly: false,
        },
        paused: false,
        usage: null,
      });
      deepEqual((await alice.get(headers.get("location")!)).json, json);
    });
  }
});

Deno.test("GET /v1/jobs/{id} shows the evidence when the job has ended", async () => {
  await using api = await serveApi();
  const job = await api.as("alice").finish(
    "printf out; printf err >&2; exit 3",
  );
  equal(job.state, "failed");
  deepEqual(job.exit, {
    code: 3,
    signal: null,
    reason: "exited",
    detail: null,
  });
  match(job.endedAt, RFC3339);
  deepEqual(job.bytes, { stdout: 3, stderr: 3 });
  deepEqual(job.output, { start: 0, end: 6 });
  match(job.sha256.stdout, /^[0-9a-f]{64}$/);
});

Deno.test("GET /v1/jobs/{id} answers at the end when it is to wait", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = api.as("alice", protocol);
      const { id } = await alice.start({ command: "cat", stdin: true });
      const waiting = alice.get(`/v1/jobs/${id}?wait=true`);
      equal(
        (await alice.get(`/v1/jobs/${id}?wait=false`)).json.state,
        "running",
      );
      await alice.post(`/v1/jobs/${id}/input`);
      equal((await waiting).json.state, "succeeded");
    });
  }
});

Deno.test("every call on one job says NOT_FOUND when there is none", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    for (
      const [method, path, body] of [
        ["GET", "", undefined],
        ["GET", "?wait=true", undefined],
        ["DELETE", "", undefined],
        ["GET", "/output", undefined],
        ["GET", "/output?follow=true", undefined],
        ["POST", "/stop", ""],
        ["POST", "/signal", `{"signal":"SIGHUP"}`],
        ["POST", "/pause", undefined],
        ["POST", "/resume", undefined],
        ["POST", "/input", "text"],
      ] as const
    ) {
      await t.step(`${method} …${path} ${protocol}`, async () => {
        const { status, headers, json } = await api.as("alice", protocol).ask(
          `/v1/jobs/${UNKNOWN}${path}`,
          { method, ...body === undefined ? {} : { body } },
        );
        equal(headers.get("content-type"), "application/problem+json");
        deepEqual([status, json.status, json.code, json.type], [
          404,
          404,
          "NOT_FOUND",
          "about:blank",
        ]);
        match(json.detail, new RegExp(`"${UNKNOWN}"`));
      });
    }
  }
});

Deno.test("DELETE /v1/jobs/{id} removes a job when it is final only", async () => {
  await using api = await serveApi();
  const alice = api.as("alice");
  const { id } = await alice.start({ command: "sleep", args: ["60"] });
  const refused = await alice.delete(`/v1/jobs/${id}`);
  deepEqual([refused.status, refused.json.code], [409, "CONFLICT"]);
  equal((await alice.post(`/v1/jobs/${id}/stop`)).json.state, "stopped");
  const removed = await alice.delete(`/v1/jobs/${id}`);
  deepEqual([removed.status, removed.text], [204, ""]);
  equal((await alice.get(`/v1/jobs/${id}`)).status, 404);
  deepEqual((await alice.get("/v1/jobs")).json, []);
});

Deno.test("POST …/stop answers the final job, and the same again when it has ended", async (t) => {
  await using api = await serveApi();
  const alice = api.as("alice");
  const { id } = await alice.start({
    command: "sh",
    args: ["-c", "trap '' TERM INT; echo ready; while :; do sleep 1; done"],
  });
  const output = await alice.open(`/v1/jobs/${id}/output?follow=true`);
  await using stream = new RecordStream(output);
  equal((await stream.next()).data, "ready\n");
  const { status, json } = await alice.post(`/v1/jobs/${id}/stop`, {
    signal: "SIGINT",
    grace: "10ms",
  });
  equal(status, 200);
  deepEqual([json.state, json.exit.signal, json.exit.reason], [
    "stopped",
    "SIGKILL",
    "stopped",
  ]);
  deepEqual((await alice.post(`/v1/jobs/${id}/stop`, {})).json, json);
  for (
    const [body, field] of [
      [{ grace: "-1s" }, /grace/],
      [{ signal: 9 }, /signal/],
      [{ signal: "SIGNOT" }, /SIGNOT/],
      [{ how: "softly" }, /how/],
    ] as const
  ) {
    await t.step(JSON.stringify(body), async () => {
      const { status, json } = await alice.post(`/v1/jobs/${id}/stop`, body);
      deepEqual([status, json.code], [400, "INVALID_ARGUMENT"]);
      match(json.detail, field);
    });
  }
});

Deno.test("POST …/signal sends the signal when the job runs, and refuses when it has ended", async () => {
  await using api = await serveApi();
  const alice = api.as("alice");
  const { id } = await alice.start({
    command: "sh",
    args: ["-c", "trap 'exit 7' HUP; echo ready; while :; do sleep 0.02; done"],
  });
  await using stream = new RecordStream(
    await alice.open(`/v1/jobs/${id}/output?follow=true`),
  );
  equal((await stream.next()).data, "ready\n");
  const signal = (name: unknown) =>
    alice.post(`/v1/jobs/${id}/signal`, { signal: name });
  const wrong = await signal("SIGNOT");
  deepEqual([wrong.status, wrong.json.code], [400, "INVALID_ARGUMENT"]);
  const empty = await alice.post(`/v1/jobs/${id}/signal`, "");
  deepEqual([empty.status, empty.json.code], [400, "INVALID_ARGUMENT"]);
  const sent = await signal("SIGHUP");
  deepEqual([sent.status, sent.json.id], [200, id]);
  equal((await alice.get(`/v1/jobs/${id}?wait=true`)).json.exit.code, 7);
  const late = await signal("SIGHUP");
  deepEqual([late.status, late.json.code], [409, "CONFLICT"]);
});

Deno.test("GET /v1/jobs gives what fits when it is filtered", async (t) => {
  await using api = await serveApi();
  const alice = api.as("alice");
  deepEqual((await alice.get("/v1/jobs")).json, []);
  const [a, b, c] = [
    await alice.finish("exit 0", { labels: { env: "prod", tier: "1" } }),
    await alice.finish("exit 1", { labels: { env: "prod" } }),
    await alice.start({ command: "sleep", args: ["60"] }),
  ];
  for (
    const [query, expected] of [
      ["", [a, b, c]],
      ["?state=failed", [b]],
      ["?state=succeeded,running", [a, c]],
      ["?label=env=prod", [a, b]],
      ["?label=env=prod&label=tier=1", [a]],
      ["?limit=2", [a, b]],
      ["?limit=0", []],
      [`?after=${a.id}`, [b, c]],
      [`?after=${a.id}&limit=1`, [b]],
      [`?after=${c.id}`, []],
      ["?owner=alice&state=failed", [b]],
    ] as const
  ) {
    await t.step(query || "everything", async () => {
      const { status, json } = await alice.get(`/v1/jobs${query}`);
      equal(status, 200);
      deepEqual(
        json.map(({ id }: { id: string }) => id),
        expected.map(({ id }) => id),
      );
    });
  }
  for (
    const [query, said] of [
      ["?state=gone", /"gone"/],
      ["?label=env", /"env"/],
      ["?limit=-1", /limit.*"-1"/],
      ["?limit=many", /limit.*"many"/],
      ["?watch=maybe", /watch/],
    ] as const
  ) {
    await t.step(query, async () => {
      const { status, json } = await alice.get(`/v1/jobs${query}`);
      deepEqual([status, json.code], [400, "INVALID_ARGUMENT"]);
      match(json.detail, said);
    });
  }
});

Deno.test("POST /v1/jobs says why when a job can't start", async (t) => {
  await using api = await serveApi();
  for (
    const [job, status, code, said] of [
      [{ command: "no-such" }, 422, "COMMAND_NOT_FOUND", /"no-such"/],
      [{ command: "/etc/passwd" }, 422, "COMMAND_NOT_FOUND", /\/etc\/passwd/],
      [
        { command: "id", cwd: "/no/such" },
        400,
        "INVALID_ARGUMENT",
        /\/no\/such/,
      ],
      [{ command: "id", user: "no-body" }, 400, "INVALID_ARGUMENT", /no-body/],
    ] as const
  ) {
    await t.step(JSON.stringify(job), async () => {
      for (const path of ["/v1/jobs", "/v1/run"]) {
        const answer = await api.as("alice").post(path, job);
        deepEqual([answer.status, answer.json.code], [status, code]);
        match(answer.json.detail, said);
      }
    });
  }
  deepEqual((await api.as("admin").get("/v1/jobs")).json, []);
});
