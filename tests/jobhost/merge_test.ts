import { deepEqual, rejects } from "node:assert/strict";
import { merge } from "../../lib/jobhost/merge.ts";

/** A source that gives what is put, when it is put. */
function source() {
  const stream = new TransformStream<string, string>();
  const writer = stream.writable.getWriter();
  let returned = false;
  return {
    put: (value: string) => void writer.write(value),
    end: () => void writer.close(),
    get returned() {
      return returned;
    },
    async *[Symbol.asyncIterator]() {
      try {
        yield* stream.readable;
      } finally {
        returned = true;
      }
    },
  };
}

Deno.test("merge() gives what its sources give, in the order in which it comes", async () => {
  const [left, right] = [source(), source()];
  const merged = merge([left, right]);
  const next = async () => (await merged.next()).value;
  left.put("a");
  const seen = [await next()];
  right.put("b");
  seen.push(await next());
  right.put("c");
  seen.push(await next());
  left.put("d");
  seen.push(await next());
  deepEqual(seen, ["a", "b", "c", "d"]);
  left.end();
  deepEqual(await merged.next(), { value: undefined, done: true });
  right.end();
});

Deno.test("merge() ends the others when one ends", async () => {
  const [left, right] = [source(), source()];
  right.put("x");
  left.end();
  const seen = await Array.fromAsync(merge([left, right]));
  deepEqual(seen.length <= 1, true);
  right.end();
  while (!right.returned) await new Promise((resolve) => setTimeout(resolve));
});

Deno.test("merge() fails with the first that fails", async () => {
  // deno-lint-ignore require-yield
  async function* failing(): AsyncGenerator<string> {
    await Promise.resolve();
    throw new Error("lost");
  }
  const quiet = source();
  await rejects(Array.fromAsync(merge([quiet, failing()])), /lost/);
  quiet.end();
});
