import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { WorkerError } from "../../api/errors.ts";
import { problemHead } from "./problem_head.ts";

/**
 * Answers with a problem document on a socket that speaks HTTP/1.1 and has no response object, and
 * ends it. `then` is called when the kernel has taken the answer.
 */
export function sendRawProblem(
  socket: Duplex,
  error: WorkerError,
  { status = error.status, then }: { status?: number; then?: () => void } = {},
): void {
  const problem = problemHead(error, status);
  const fields = Object.entries({ ...problem.headers, connection: "close" });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ].join("\r\n");
  socket.end(`${head}\r\n\r\n${problem.body}`, then);
}
