import { deepEqual, equal, match } from "node:assert/strict";
import { PROTOCOLS, serveApi } from "../helpers/api.ts";
import { until } from "../helpers/jobs.ts";
import { records, RecordStream } from "../helpers/record_stream.ts";

Deno.test("GET …/output follows a running job to its end when it is to", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    for (const format of ["ndjson", "raw", "frames"]) {
      await t.step(`${format} ${protocol}`, async () => {
        const alice = api.as("alice", protocol);
        const { id } = await alice.start({ command: "cat", stdin: true });
        // The head comes before the job prints anything.
        const response = await alice.open(
          `/v1/jobs/${id}/output?follow=true&format=${format}`,
        );
        await alice.post(`/v1/jobs/${id}/input`, "later\n");
        const text = await response.text();
        match(text, /later/);
        equal(text.includes(`"end"`), format !== "raw");
      });
    }
  }
});

Deno.test("GET …/output without follow ends where the log ended, without an end record, when the job runs", async () => {
  await using api = await serveApi();
  const alice = api.as("alice");
  const { id } = await alice.start({
    command: "sh",
    args: ["-c", "echo so far; exec cat"],
    stdin: true,
  });
  await until(async () =>
    (await alice.get(`/v1/jobs/${id}`)).json.output.end > 0
  );
  const lines = records((await alice.get(`/v1/jobs/${id}/output`)).text);
  deepEqual(lines.map(({ type, data }) => [type, data]), [
    ["output", "so far\n"],
  ]);
});

Deno.test("GET …/output flushes a line without its newline when the job is silent", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = api.as("alice", protocol);
      const { id } = await alice.start({
        command: "sh",
        args: ["-c", "printf 'password: '; read answer; echo; printf end"],
        stdin: true,
      });
      await using stream = new RecordStream(
        await alice.open(`/v1/jobs/${id}/output?follow=true`),
      );
      // The job waits for input: what it printed comes though no newline does.
      const { offset, data } = await stream.next();
      deepEqual([offset, data], [0, "password: "]);
      await alice.post(`/v1/jobs/${id}/input`, "x\n");
      deepEqual((await stream.next()).data, "\n");
      deepEqual((await stream.next()).data, "end");
      equal((await stream.next()).type, "end");
      equal(await stream.next(), null);
    });
  }
});

Deno.test("GET …/output lets go of the log when its follower disconnects", async () => {
  let open = 0;
  await using api = await serveApi();
  const output = api.jobs.output.bind(api.jobs);
  api.jobs.output = async (id, options) => {
    const source = await output(id, options);
    open++;
    const dispose = source[Symbol.asyncDispose].bind(source);
    let disposed = false;
    source[Symbol.asyncDispose] = () => {
      if (!disposed) open--;
      disposed = true;
      return dispose();
    };
    return source;
  };
  for (const protocol of PROTOCOLS) {
    const alice = api.as("alice", protocol);
    const { id } = await alice.start({
      command: "sh",
      args: ["-c", "echo ready; exec sleep 60"],
    });
    const path = `/v1/jobs/${id}/output?follow=true`;
    const streams = await Promise.all(
      Array.from(
        { length: 20 },
        async () => new RecordStream(await alice.open(path)),
      ),
    );
    for (const stream of streams) {
      equal((await stream.next()).data, "ready\n");
    }
    equal(open, 20);
    for (const stream of streams) await stream[Symbol.asyncDispose]();
    await until(() => open === 0, { what: "the release of every follower" });
    equal((await alice.get(`/v1/jobs/${id}`)).json.state, "running");
  }
});

Deno.test("HEAD …/output answers without a body, and keeps nothing open", async (t) => {
  await using api = await serveApi();
  const { id } = await api.as("alice").start({
    command: "sleep",
    args: ["60"],
  });
  for (const protocol of PROTOCOLS) {
    for (const query of ["", "?follow=true"]) {
      await t.step(`${query} ${protocol}`, async () => {
        const { status, text } = await api.as("alice", protocol).ask(
          `/v1/jobs/${id}/output${query}`,
          { method: "HEAD", signal: AbortSignal.timeout(10_000) },
        );
        deepEqual([status, text], [200, ""]);
      });
    }
  }
});

Deno.test("GET …/output?format=raw ends, and the connection goes on, when there is no output", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = api.as("alice", protocol);
      const { id } = await alice.finish("exit 0");
      for (const follow of ["true", "false"]) {
        const { status, text } = await alice.get(
          `/v1/jobs/${id}/output?format=raw&follow=${follow}`,
        );
        deepEqual([status, text], [200, ""]);
      }
      equal((await alice.get(`/v1/jobs/${id}`)).status, 200);
    });
  }
});
