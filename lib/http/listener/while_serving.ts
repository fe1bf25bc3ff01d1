import { WorkerError } from "../../api/errors.ts";
import { connectionOf } from "../connection.ts";
import type { AppContext } from "../env.ts";

/**
 * Waits for something that may take any time, for as long as the client is there and the listener
 * does not close.
 *
 * @throws {WorkerError} `UNAVAILABLE` with `Retry-After: 0` once it closes: the client asks again,
 * and is answered by whoever serves then.
 */
export async function whileServing<T>(
  c: AppContext,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { draining } = connectionOf(c.env.incoming);
  const { signal: left } = c.req.raw;
  // `AbortSignal.any` would leave something behind in `draining` for each request.
  const over = new AbortController();
  const onDraining = () => over.abort(draining.reason);
  const onLeft = () => over.abort(left.reason);
  draining.addEventListener("abort", onDraining);
  left.addEventListener("abort", onLeft);
  try {
    if (draining.aborted) throw draining.reason;
    return await wait(over.signal);
  } catch (error) {
    if (!draining.aborted || left.aborted) throw error;
    c.header("retry-after", "0");
    throw new WorkerError("UNAVAILABLE", "the server is shutting down", {
      cause: error,
    });
  } finally {
    draining.removeEventListener("abort", onDraining);
    left.removeEventListener("abort", onLeft);
  }
}
