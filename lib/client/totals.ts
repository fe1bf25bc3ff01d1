import { WorkerError } from "../api/errors.ts";
import type { EndRecord, OutputStream } from "../api/frame.ts";

/**
 * Compares what was read from the first byte on with what the job printed.
 *
 * @throws {WorkerError} `INTERNAL` when bytes are missing or too many.
 */
export function checkTotals(
  end: Pick<EndRecord, "bytes">,
  seen: Record<OutputStream, number>,
  only?: OutputStream,
): void {
  for (const stream of ["stdout", "stderr"] as const) {
    if (only !== undefined && only !== stream) continue;
    if (end.bytes[stream] === seen[stream]) continue;
    throw new WorkerError(
      "INTERNAL",
      `the output is not complete: ${seen[stream]} bytes of ${stream} came, ` +
        `the job printed ${end.bytes[stream]}`,
    );
  }
}
