import { WorkerError } from "../api/errors.ts";
import type { AddressList } from "./address_list.ts";
import { wasNeverSent } from "./connection_error.ts";
import { isRepeatable, isWhole, type TransportRequest } from "./transport.ts";

/**
 * How long a server may take when another one can be asked, ms. One that is silent would else hold
 * up what any other could answer.
 */
const PATIENCE_MS = 5_000;

/** What {@linkcode fetchSomewhere} goes by. */
export interface FetchSomewhereOptions {
  addresses: AddressList;
  request: TransportRequest;
}

/**
 * Sends a request to the server in use and, where that is safe, to each of the others in turn:
 *
 * - when there was no connection, whatever the request is;
 * - when the server is silent or answers that it can't do it now (503), which another proxy perhaps
 *   can, if the request may be sent twice.
 *
 * The one that has answered stays in use. A connection that was cut has the next one used when the
 * request is sent again. A body that is a stream is sent once.
 *
 * @param fetchOnce One attempt; with a limit in ms on the time until the head comes, if there is one.
 * @throws {WorkerError} what the only one failed with, or all that was tried.
 */
export async function fetchSomewhere(
  fetchOnce: (address: string, answerWithin?: number) => Promise<Response>,
  { addresses, request }: FetchSomewhereOptions,
): Promise<Response> {
  const repeatable = isRepeatable(request);
  const failures: WorkerError[] = [];
  for (let left = isWhole(request) ? addresses.length - 1 : 0;; left--) {
    const address = addresses.current;
    const another = left > 0 && repeatable;
    try {
      const response = await fetchOnce(
        address,
        another ? PATIENCE_MS : undefined,
      );
      if (response.status !== 503) return response;
      addresses.leave(address);
      if (!another) return response;
      await response.body?.cancel();
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!isUnavailable(error)) throw error;
      addresses.leave(address);
      failures.push(error);
      const harmless = wasNeverSent(error) || (repeatable && isLate(error));
      if (left === 0 || !harmless) throw joined(failures);
    }
  }
}

function isUnavailable(error: unknown): error is WorkerError {
  return error instanceof WorkerError && error.code === "UNAVAILABLE";
}

function isLate(error: WorkerError): boolean {
  return error.cause instanceof Error &&
    /^timed out after/.test(error.cause.message);
}

/** Told as one; its cause is the last one's, which says whether it may be repeated. */
function joined(failures: readonly WorkerError[]): WorkerError {
  const last = failures.at(-1)!;
  if (failures.length === 1) return last;
  const message = failures.map((failure) => failure.message).join("; ");
  return new WorkerError(last.code, message, { cause: last.cause });
}
