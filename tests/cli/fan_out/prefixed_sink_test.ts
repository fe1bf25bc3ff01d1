import { deepEqual, equal, ok } from "node:assert/strict";
import { PrefixedSink } from "../../../cli/fan_out/prefixed_sink.ts";
import type { OutputStream } from "../../../lib/api/frame.ts";

const TEXT = new TextEncoder();

/** What comes of pieces, each `1…` for standard output or `2…` for standard error. */
async function written(pieces: string[]): Promise<string[]> {
  const writes: string[] = [];
  const sink = new PrefixedSink({
    prefix: { stdout: "a| ", stderr: "b| " },
    write: (stream: OutputStream, bytes) => {
      const number = stream === "stdout" ? 1 : 2;
      writes.push(number + new TextDecoder().decode(bytes));
      return Promise.resolve();
    },
  });
  for (const piece of pieces) {
    const bytes = TEXT.encode(piece.slice(1));
    await sink.write(piece[0] === "1" ? "stdout" : "stderr", bytes);
    // The memory is the caller's again.
    bytes.fill(0x21);
  }
  await sink.drain();
  return writes;
}

Deno.test("PrefixedSink writes whole lines, however the output was cut", async () => {
  deepEqual(await written(["1one\ntwo\n"]), ["1a| one\na| two\n"]);
  deepEqual(await written(["1o", "1ne\ntw", "1o\n"]), [
    "1a| one\n",
    "1a| two\n",
  ]);
  deepEqual(await written(["1\n\n"]), ["1a| \na| \n"]);
});

Deno.test("PrefixedSink keeps the two streams apart and ends their last lines", async () => {
  deepEqual(await written(["1ou", "2er", "1t\n", "2r"]), [
    "1a| out\n",
    "2b| err\n",
  ]);
  deepEqual(await written([]), []);
});

Deno.test("PrefixedSink cuts a line that has no end before it fills the memory", async () => {
  const pieces = Array.from({ length: 100 }, () => "1" + "x".repeat(10_000));
  const writes = await written(pieces);
  ok(writes.length > 5);
  ok(writes.every((one) => one.startsWith("1a| x") && one.endsWith("x\n")));
  const sum = writes.join("").replaceAll(/1a\| |\n/g, "").length;
  equal(sum, 1_000_000);
});
