import { deepEqual, throws } from "node:assert/strict";
import { ControlReader } from "../../lib/tunnel/control_reader.ts";

const NAME = "web-1";
const HELLO = { type: "hello", version: "1.2.3", node: NAME, labels: {} };
const STATS = { type: "stats", open: 0, total: 0 };

function read(...lines: unknown[]): string[] {
  const reader = new ControlReader({ from: "node", name: NAME });
  const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
  const bytes = new TextEncoder().encode(text);
  // In pieces, as they may come.
  return [bytes.subarray(0, 7), bytes.subarray(7)]
    .flatMap((piece) => [...reader.push(piece)])
    .map(({ type }) => type);
}

Deno.test("ControlReader.push() gives messages in their order when the hello comes first", () => {
  deepEqual(read(HELLO, STATS, STATS), ["hello", "stats", "stats"]);
  deepEqual(read({ type: "later" }, HELLO, STATS), ["hello", "stats"]);
});

Deno.test("ControlReader.push() refuses a hello that is missing, is another one's, or comes again", () => {
  throws(() => read(STATS), /the node said no hello first/);
  throws(() => read(HELLO, STATS, HELLO), /the node said hello twice/);
  throws(
    () => read({ ...HELLO, node: "db-1" }),
    /the node says that it is "db-1", but its certificate says "web-1"/,
  );
});

Deno.test("ControlReader.push() gives what came before a line that is wrong", () => {
  const reader = new ControlReader({ from: "node", name: NAME });
  const seen: string[] = [];
  const bytes = new TextEncoder().encode(JSON.stringify(HELLO) + "\nno\n");
  throws(() => {
    for (const { type } of reader.push(bytes)) seen.push(type);
  }, /not JSON/);
  deepEqual(seen, ["hello"]);
});
