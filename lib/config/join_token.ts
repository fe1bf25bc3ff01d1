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
    if (cause instanceof Deno.errors.NotFound) {
      throw new WorkerError(
        "NOT_FOUND",
        `cannot read the token: there is no file "${join}"`,
        { cause },
      );
    }
    const denied = cause instanceof Deno.errors.PermissionDenied;
    throw new WorkerError(
      denied ? "PERMISSION_DENIED" : "NOT_FOUND",
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

/**
 * Whether everybody on this host may read the file of a configuration's `join`, and so use the
 * token. False of a token that is given itself, and of a pipe.
 */
export async function isTokenOpenToAll(join: string): Promise<boolean> {
  if (!join.includes("/")) return false;
  const { isFile, mode } = await Deno.stat(join);
  return isFile && mode !== null && (mode & 0o004) !== 0;
}
