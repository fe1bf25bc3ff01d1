import { WorkerError } from "../api/errors.ts";
import { isJoinToken } from "./cluster_parsers.ts";

/**
 * The token of a configuration's `join`: itself, or what is in the file.
 *
 * @throws {WorkerError} `NOT_FOUND`, `PERMISSION_DENIED` or `INVALID_ARGUMENT` for a file without
 * one; what is in the file is not repeated.
 */
export async function readJoinToken(join: string): Promise<string> {
  if (!join.includes("/")) return join;
  let text: string;
  try {
    text = await Deno.readTextFile(join);
  } catch (cause) {
    const code = cause instanceof Deno.errors.PermissionDenied
      ? "PERMISSION_DENIED"
      : "NOT_FOUND";
    throw new WorkerError(
      code,
      `cannot read the token from "${join}": ${(cause as Error).message}`,
      { cause },
    );
  }
  if (isJoinToken(text.trim())) return text.trim();
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `"${join}" holds no token: write there what \`worker token create\` printed, and nothing else`,
  );
}
