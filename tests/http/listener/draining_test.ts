/** What requests that may take any time do when the listener begins to close. */
import { equal, match, ok, rejects } from "node:assert/strict";
import type { TlsListener } from "../../../lib/http/listener/listener.ts";
import { PROTOCOLS, serveApi } from "../../helpers/api.ts";
import { records } from "../../helpers/record_stream.ts";

/** Long enough for a test to fail by it. */
const LONG_MS = 60_000;

const RUN = {
  method: "POST",
  body: JSON.stringify({ command: "sleep", args: ["60"] }),
};

async function drain(
  listener: TlsListener,
  { lingerMs = 0 } = {},
): Promise<number> {
  const started = performance.now();
  await listener.close({ deadlineMs: LONG_MS, lingerMs });
  return performance.now() - started;
}

/** What comes of a body until it ends or is cut; rejects are for the caller to expect. */
async function readCut(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  await rejects(async () => {
    for await (const bytes of response.body!) {
      text += decoder.decode(bytes, { stream: true });
    }
  });
  return text;
}

for (const protocol of PROTOCOLS) {
  Deno.test(`close() cuts whoever follows a job over ${protocol}, who can see it`, async () => {
    await using api = await serveApi();
    const alice = api.as("alice", protocol);
    const { id } = await alice.start({ command: "sleep", args: ["60"] });
    const responses = [
      await alice.open(`/v1/jobs/${id}/output?follow=true`),
      await alice.open(`/v1/jobs/${id}/output?follow=true&format=frames`),
      await alice.open("/v1/jobs?watch=true"),
    ];
    const bodies = responses.map(readCut);
    ok(await drain(api.listener) < LONG_MS);
    for (const text of await Promise.all(bodies)) {
      ok(!text.includes(`"type":"end"`), text);
    }
  });

  Deno.test(`close() lets who follows or waits over ${protocol} see a job end within lingerMs`, async () => {
    await using api = await serveApi();
    const alice = api.as("alice", protocol);
    const started = await alice.open("/v1/run?format=ndjson", RUN);
    const { id } = (await api.jobs.list())[0]!;
    const followed = await alice.open(`/v1/jobs/${id}/output?follow=true`);
    const waited = alice.get(`/v1/jobs/${id}?wait=true`);
    // The wait was sent before the request that follows it on the same connection, or beside it.
    await alice.get(`/v1/jobs/${id}`);
    const closed = drain(api.listener, { lingerMs: LONG_MS });
    await api.jobs.stop(id);
    for (const response of [started, followed]) {
      equal(records(await response.text()).at(-1).type, "end");
    }
    equal((await waited).json.state, "stopped");
    ok(await closed < LONG_MS);
  });

  Deno.test(`close() cuts whoever follows a job over ${protocol} after lingerMs`, async () => {
    await using api = await serveApi();
    const alice = api.as("alice", protocol);
    const body = readCut(await alice.open("/v1/run?format=ndjson", RUN));
    ok(await drain(api.listener, { lingerMs: 200 }) >= 200);
    equal(records(await body).length, 1);
  });

  Deno.test(`close() lets a client learn which job it has started over ${protocol}`, async () => {
    await using api = await serveApi();
    const alice = api.as("alice", protocol);
    const response = await alice.open("/v1/run?format=ndjson", RUN);
    const body = readCut(response);
    await drain(api.listener);
    const [first] = records(await body);
    equal(first.type, "job");
    match(response.headers.get("location")!, new RegExp(first.id));
  });

  Deno.test(`close() has who waits for a job over ${protocol} ask again`, async () => {
    await using api = await serveApi();
    const alice = api.as("alice", protocol);
    const { id } = await alice.start({
      command: "sh",
      args: ["-c", "trap '' TERM; echo; while :; do sleep 1; done"],
    });
    const head = await alice.open(`/v1/jobs/${id}/output?follow=true`);
    const reader = head.body!.getReader();
    await reader.read();
    await reader.cancel();
    const waits = [
      alice.get(`/v1/jobs/${id}?wait=true`),
      alice.post(`/v1/jobs/${id}/stop`, { grace: "60s" }),
    ];
    // The stop was sent before the request that follows it on the same connection, or beside it.
    await alice.get(`/v1/jobs/${id}`);
    await drain(api.listener);
    for (const { status, json, headers } of await Promise.all(waits)) {
      equal(status, 503);
      equal(json.code, "UNAVAILABLE");
      equal(json.detail, "the server is shutting down");
      equal(headers.get("retry-after"), "0");
    }
  });
}

Deno.test("close() answers a plain request that is under way, and says that the connection ends", async () => {
  await using api = await serveApi();
  const alice = api.as("alice", "http/1.1");
  const { id } = await alice.start({ command: "cat", stdin: true });
  const gate = Promise.withResolvers<void>();
  const answer = alice.ask(`/v1/jobs/${id}/input`, {
    method: "POST",
    duplex: "half",
    body: ReadableStream.from((async function* () {
      yield new TextEncoder().encode("before ");
      await gate.promise;
      yield new TextEncoder().encode("after");
    })()),
  });
  const bob = api.as("bob", "http/1.1");
  await bob.get("/healthz");
  const closed = drain(api.listener);
  gate.resolve();
  const { status, headers } = await answer;
  equal(status, 200);
  equal(headers.get("connection"), "close");
  await closed;
});
