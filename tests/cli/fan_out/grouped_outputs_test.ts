import { deepEqual, equal, match } from "node:assert/strict";
import { GroupedOutputs } from "../../../cli/fan_out/grouped_outputs.ts";
import type { MergedWriter } from "../../../cli/fan_out/merged_writer.ts";
import { PrefixedSink } from "../../../cli/fan_out/prefixed_sink.ts";
import type { OutputStream } from "../../../lib/api/frame.ts";

/** Groups that write into a text, `!` before what went to standard error. */
function grouped(limits: { nodeBytes?: number; totalBytes?: number } = {}) {
  let text = "";
  const told: string[] = [];
  const writer = {
    write: (stream: OutputStream, bytes: Uint8Array) => {
      text += (stream === "stderr" ? "!" : "") +
        new TextDecoder().decode(bytes);
      return Promise.resolve();
    },
  } as MergedWriter;
  const groups = new GroupedOutputs({
    writer,
    prefixed: (node) =>
      new PrefixedSink({
        prefix: { stdout: `${node}| `, stderr: `${node}| ` },
        write: (stream, bytes) => writer.write(stream, bytes),
      }),
    tell: (line) => told.push(line),
    ...limits,
  });
  const feed = async (node: string, ...pieces: [OutputStream, string][]) => {
    const sink = groups.sink(node);
    for (const [stream, piece] of pieces) {
      await sink.write(stream, new TextEncoder().encode(piece));
    }
    return sink;
  };
  return { groups, feed, told, text: () => text };
}

Deno.test("GroupedOutputs takes outputs for equal however they were cut", async () => {
  const { groups, feed, text } = grouped();
  await (await feed("b", ["stdout", "one\ntwo"], ["stderr", "e\n"])).drain();
  await (await feed("a", ["stdout", "one\n"], ["stderr", "e\n"], [
    "stdout",
    "two",
  ])).drain();
  await (await feed("c", ["stdout", "e\n"], ["stderr", "one\ntwo"])).drain();
  await (await feed("d")).drain();
  await groups.print();
  equal(
    text(),
    "== a, b (2 nodes)\none\ntwo!e\n== c\ne\n!one\ntwo!\n",
  );
});

Deno.test("GroupedOutputs prints by itself what is too big to be kept", async () => {
  const { groups, feed, told, text } = grouped({ nodeBytes: 400 });
  const sink = await feed("a", ["stdout", "one\n"], [
    "stdout",
    "x".repeat(500),
  ]);
  await sink.drain();
  await groups.print();
  deepEqual(text(), `a| one\na| ${"x".repeat(500)}\n`);
  equal(told.length, 1);
  match(told[0]!, /^a: more output than 400/);
});

Deno.test("GroupedOutputs keeps no more than it may of all outputs together", async () => {
  const { groups, feed, told } = grouped({ totalBytes: 1_000 });
  for (const node of ["a", "b", "c"]) {
    await (await feed(node, ["stdout", node.repeat(300)])).drain();
  }
  deepEqual(told.map((line) => line[0]), ["c"]);
  // Equal ones are kept once.
  const same = grouped({ totalBytes: 1_000 });
  for (let n = 0; n < 20; n++) {
    await (await same.feed(`n${n}`, ["stdout", "x".repeat(300)])).drain();
  }
  deepEqual(same.told, []);
  await groups.print();
});

Deno.test("GroupedOutputs prints what came of an output that broke", async () => {
  const { groups, feed, text } = grouped();
  await (await feed("a", ["stdout", "half"])).broken();
  await groups.print();
  equal(text(), "a| half\n");
});
