import { equal, ok } from "node:assert/strict";
import { RUNTIME_FLAGS } from "../scripts/build/runtime_flags.ts";
import { runCommand } from "./helpers/command.ts";

const PROCESS = new URL("passing_bytes_process.ts", import.meta.url).pathname;

/** Bytes that lay outside of the heap at most, with the flags of the executable. */
async function outside(how: "noted" | "unnoted"): Promise<number> {
  const { code, stdout, stderr } = await runCommand([
    ...[Deno.execPath(), "run", "--quiet", "--allow-all", "--no-check"],
    ...RUNTIME_FLAGS,
    ...[PROCESS, how],
  ]);
  equal(code, 0, stderr);
  return Number(stdout);
}

Deno.test("noteBytes() has dead buffers freed before they are many", async () => {
  const [noted, unnoted] = [await outside("noted"), await outside("unnoted")];
  ok(noted <= 16 * 2 ** 20, `${noted} bytes`);
  ok(unnoted > 2 * noted, `${unnoted} bytes without it, ${noted} with it`);
});
