import type { OutputStream } from "../lib/api/frame.ts";
import { delay } from "../lib/client/delay.ts";
import { OutputClosedError } from "./exit_error.ts";
import { visible } from "./render/visible.ts";

/**
 * Writes all of the bytes to our standard output or error, as they are.
 *
 * @throws {OutputClosedError} when nobody reads it any more.
 */
export async function printBytes(
  bytes: Uint8Array,
  stream: OutputStream = "stdout",
): Promise<void> {
  const to = stream === "stdout" ? Deno.stdout : Deno.stderr;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(await to.write(bytes));
    } catch (cause) {
      if (cause instanceof Deno.errors.BrokenPipe) {
        throw new OutputClosedError({ cause });
      }
      // Whoever shares the terminal or pipe with us may have made it non-blocking.
      if (!(cause instanceof Deno.errors.WouldBlock)) throw cause;
      await delay(5);
    }
  }
}

/** Prints data: text for standard output. */
export function printText(text: string): Promise<void> {
  return printBytes(new TextEncoder().encode(text));
}

/** Prints a JSON answer as the server sent it, as one line. */
export function printAnswer(text: string): Promise<void> {
  return printText(text.endsWith("\n") ? text : text + "\n");
}

/** Tells the person something that is not data: one line on standard error. */
export async function printHint(text: string): Promise<void> {
  const line = new TextEncoder().encode(`worker: ${visible(text)}\n`);
  // Without a standard error there is nobody to tell.
  await printBytes(line, "stderr").catch(() => {});
}
