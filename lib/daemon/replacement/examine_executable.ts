import { resolve } from "node:path";
import { WorkerError } from "../../api/errors.ts";

/** The first start of an executable unpacks it. */
const PATIENCE_MS = 60_000;

/**
 * The version of an executable of this program, by asking it.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` when it is none, or does not run on this machine.
 */
export async function examineExecutable(path: string): Promise<string> {
  let said: string;
  try {
    const { success, stdout, stderr } = await new Deno.Command(resolve(path), {
      args: ["version", "--json"],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).output();
    said = new TextDecoder().decode(success ? stdout : stderr).trim();
  } catch (cause) {
    throw refusal(path, (cause as Error).message, cause);
  }
  try {
    const { version } = JSON.parse(said);
    if (typeof version === "string") return version;
  } catch {
    // Told below.
  }
  throw refusal(path, `it answers \`version\` with "${said.slice(0, 200)}"`);
}

function refusal(path: string, reason: string, cause?: unknown): WorkerError {
  return new WorkerError(
    "INVALID_ARGUMENT",
    `"${path}" is not an executable of worker for this machine: ${reason}`,
    { cause },
  );
}
