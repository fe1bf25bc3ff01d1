import { Buffer } from "node:buffer";
import { PROBLEM_MEDIA_TYPE, type WorkerError } from "../../api/errors.ts";

/** A problem document with what goes before it, for answers that are made below the routes. */
export function problemHead(
  error: WorkerError,
  status: number = error.status,
): { status: number; headers: Record<string, string>; body: string } {
  const body = JSON.stringify({ ...error.toProblem(), status });
  return {
    status,
    headers: {
      "content-type": PROBLEM_MEDIA_TYPE,
      "content-length": String(Buffer.byteLength(body)),
    },
    body,
  };
}
