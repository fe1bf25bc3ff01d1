import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { FrameDecoder } from "../../lib/api/frame.ts";
import { PROTOCOLS, serveApi } from "../helpers/api.ts";
import { sha256 } from "../helpers/digest.ts";
import { startInTurns } from "../helpers/in_turns.ts";
import { concat } from "../helpers/jobs.ts";
import { records } from "../helpers/record_stream.ts";

const NDJSON = "application/x-ndjson";
const RAW = "application/octet-stream";
const FRAMES = "application/vnd.worker.frames";
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** Pieces and control records of a whole body of frames. */
function decodeFrames(bytes: Uint8Array) {
  const control: Record<string, unknown>[] = [];
  const output: { stream: string; offset: number; text: string }[] = [];
  const decoder = new FrameDecoder({
    output: (piece, { stream, offset }) =>
      output.push({ stream, offset, text: new TextDecoder().decode(piece) }),
    control: (record) => void control.push({ ...record }),
  });
  decoder.push(bytes);
  equal(decoder.atBoundary, true);
  return { control, output };
}

Deno.test("GET …/output gives a record a line and end last when the job has ended", async (t) => {
  await using api = await serveApi();
  const { job, done } = await startInTurns(api.jobs, [
    "echo one",
    "printf '\\377\\n' >&2",
    "printf 'two\\nthree'",
  ], { owner: "alice" });
  await done;
  for (const protocol of PROTOCOLS) {
    for (const query of ["", "?follow=true"]) {
      await t.step(`${query} ${protocol}`, async () => {
        const { status, headers, text } = await api.as("alice", protocol).get(
          `/v1/jobs/${job.id}/output${query}`,
        );
        equal(status, 200);
        equal(headers.get("content-type"), NDJSON);
        equal(headers.get("cache-control"), "no-store");
        const lines = records(text);
        for (const { type, time } of lines) {
          if (type === "output") match(time, TIME);
        }
        deepEqual(lines.map(({ time: _, ...rest }) => rest), [
          { type: "output", offset: 0, stream: "stdout", data: "one\n" },
          {
            type: "output",
            offset: 4,
            stream: "stderr",
            data: "/wo=",
            encoding: "base64",
          },
          { type: "output", offset: 6, stream: "stdout", data: "two\n" },
          { type: "output", offset: 10, stream: "stdout", data: "three" },
          {
            type: "end",
            state: "succeeded",
            exit: { code: 0, signal: null, reason: "exited", detail: null },
            bytes: { stdout: 13, stderr: 2 },
            sha256: {
              stdout: await sha256(new TextEncoder().encode("one\ntwo\nthree")),
              stderr: await sha256(new Uint8Array([0xff, 10])),
            },
          },
        ]);
      });
    }
  }
});

Deno.test("GET …/output chooses the representation by format, else by Accept", async (t) => {
  await using api = await serveApi();
  const { id } = await api.as("alice").finish("echo out; echo err >&2");
  for (
    const [query, accept, expected] of [
      ["", undefined, NDJSON],
      ["", "*/*", NDJSON],
      ["", "application/json", NDJSON],
      ["", RAW, RAW],
      ["", `text/html, ${FRAMES};q=0.9`, FRAMES],
      ["?format=raw", FRAMES, RAW],
      ["?format=frames", undefined, FRAMES],
      ["?format=ndjson", RAW, NDJSON],
    ] as const
  ) {
    await t.step(`${query} ${accept}`, async () => {
      const { headers } = await api.as("alice").get(
        `/v1/jobs/${id}/output${query}`,
        accept === undefined ? {} : { accept },
      );
      equal(headers.get("content-type"), expected);
    });
  }
  for (
    const query of [
      "format=xml",
      "from=-1",
      "from=x",
      "tail=1.5",
      "stream=stdin",
      "follow=1",
    ]
  ) {
    await t.step(query, async () => {
      const { status, json } = await api.as("alice").get(
        `/v1/jobs/${id}/output?${query}`,
      );
      deepEqual([status, json.code], [400, "INVALID_ARGUMENT"]);
      match(json.detail, new RegExp(`^${query.split("=")[0]}: `));
    });
  }
});

Deno.test("GET …/output begins where from, tail and stream say", async (t) => {
  await using api = await serveApi();
  const steps = ["echo a1", "echo b2 >&2", "echo a3"];
  const { job: { id }, done } = await startInTurns(api.jobs, steps, {
    owner: "alice",
  });
  await done;
  for (const protocol of PROTOCOLS) {
    for (
      const [query, expected] of [
        ["from=4", [[4, "2\n"], [6, "a3\n"]]],
        ["from=3&stream=stdout", [[6, "a3\n"]]],
        ["from=999", []],
        ["tail=1", [[6, "a3\n"]]],
        ["tail=2", [[3, "b2\n"], [6, "a3\n"]]],
        ["tail=0", []],
        ["tail=99", [[0, "a1\n"], [3, "b2\n"], [6, "a3\n"]]],
        ["tail=1&from=0", [[6, "a3\n"]]],
        ["stream=stderr", [[3, "b2\n"]]],
        ["stream=stdout&follow=true", [[0, "a1\n"], [6, "a3\n"]]],
      ] as const
    ) {
      await t.step(`${query} ${protocol}`, async () => {
        const { text } = await api.as("alice", protocol).get(
          `/v1/jobs/${id}/output?${query}`,
        );
        const lines = records(text);
        equal(lines.pop().type, "end");
        deepEqual(lines.map(({ offset, data }) => [offset, data]), expected);
      });
    }
    await t.step(`raw ${protocol}`, async () => {
      const raw = async (query: string) =>
        (await api.as("alice", protocol).get(
          `/v1/jobs/${id}/output?format=raw${query}`,
        )).text;
      equal(await raw(""), "a1\na3\n");
      equal(await raw("&stream=stderr"), "b2\n");
      equal(await raw("&from=4&stream=stderr"), "2\n");
      equal(await raw("&follow=true&stream=stdout"), "a1\na3\n");
    });
    await t.step(`frames ${protocol}`, async () => {
      const response = await api.as("alice", protocol).open(
        `/v1/jobs/${id}/output?format=frames&stream=stdout&follow=true`,
      );
      const { control, output } = decodeFrames(await response.bytes());
      deepEqual(output, [
        { stream: "stdout", offset: 0, text: "a1\n" },
        { stream: "stdout", offset: 6, text: "a3\n" },
      ]);
      deepEqual(control.at(-1)!.type, "end");
      deepEqual(control.at(-1)!.bytes, { stdout: 6, stderr: 3 });
    });
  }
});

Deno.test("GET …/output tells a gap where retention cut, and raw output breaks off there", async (t) => {
  await using api = await serveApi({ outputCap: 1 << 18 });
  const { id, bytes } = await api.as("alice").finish("seq 1 200000");
  for (const protocol of PROTOCOLS) {
    const alice = api.as("alice", protocol);
    await t.step(`ndjson ${protocol}`, async () => {
      const lines = records(
        (await alice.get(`/v1/jobs/${id}/output?follow=true`)).text,
      );
      const at = lines.findIndex(({ type }) => type === "gap");
      equal(at > 0, true);
      const { from, to } = lines[at];
      const before = lines[at - 1];
      equal(before.offset + before.data.length, from);
      equal(lines[at + 1].offset, to);
      equal(lines.filter(({ type }) => type === "gap").length, 1);
      deepEqual(lines.at(-1).bytes, bytes);
      equal(lines[0].data, "1\n");
      equal(lines.at(-2).data, "200000\n");
    });
    await t.step(`frames ${protocol}`, async () => {
      const response = await alice.open(
        `/v1/jobs/${id}/output?format=frames`,
      );
      const { control, output } = decodeFrames(await response.bytes());
      const gap = control.find(({ type }) => type === "gap")!;
      equal(output.some(({ offset }) => offset === gap.to), true);
      const kept = output.reduce((sum, { text }) => sum + text.length, 0);
      equal(kept + (gap.to as number) - (gap.from as number), bytes.stdout);
    });
    await t.step(`raw ${protocol}`, async () => {
      const response = await alice.open(`/v1/jobs/${id}/output?format=raw`);
      equal(response.status, 200);
      await rejects(response.text());
    });
    await t.step(`raw behind the gap ${protocol}`, async () => {
      const { text } = await alice.get(
        `/v1/jobs/${id}/output?format=raw&tail=1`,
      );
      equal(text, "200000\n");
    });
  }
});

Deno.test("GET …/output gives the exact bytes of a large binary output", async (t) => {
  await using api = await serveApi();
  const alice = api.as("alice");
  const job = await alice.finish("head -c 5000000 /dev/urandom");
  for (const protocol of PROTOCOLS) {
    await t.step(`raw ${protocol}`, async () => {
      const response = await api.as("alice", protocol).open(
        `/v1/jobs/${job.id}/output?format=raw`,
      );
      equal(await sha256(await response.bytes()), job.sha256.stdout);
    });
    await t.step(`ndjson ${protocol}`, async () => {
      const { text } = await api.as("alice", protocol).get(
        `/v1/jobs/${job.id}/output`,
      );
      const pieces = records(text).filter(({ type }) => type === "output").map(
        ({ data, encoding }) =>
          encoding === "base64"
            ? Uint8Array.fromBase64(data)
            : new TextEncoder().encode(data),
      );
      equal(
        await sha256(concat(pieces) as Uint8Array<ArrayBuffer>),
        job.sha256.stdout,
      );
    });
  }
});
