/** Lets a GiB pass in buffers, and prints by how much what lies outside of V8's heap had grown at most. */
import { noteBytes } from "../lib/passing_bytes.ts";

const PIECE = 64 * 1024;
const before = Deno.memoryUsage().external;
let most = 0;
for (let passed = 0; passed < 2 ** 30; passed += PIECE) {
  new Uint8Array(PIECE)[0] = 1;
  if (Deno.args[0] === "noted") noteBytes(PIECE);
  most = Math.max(most, Deno.memoryUsage().external - before);
  // What is dead is freed beside.
  if (passed % 2 ** 24 === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
console.log(most);
