import { WorkerError } from "../api/errors.ts";
import { isCut, wasNeverSent, wasUnprocessed } from "./connection_error.ts";
import { delay } from "./delay.ts";
import { Patience, type PatienceOptions } from "./patience.ts";
import { isRepeatable, isWhole, type TransportRequest } from "./transport.ts";

/** How often a connection may be cut before that is told. */
const MOST_CUTS = 4;

/** How long a server that was there may be out of reach before that is told, ms. */
const LIMIT_MS = 10_000;

/**
 * Sends a request again when the server hands over to another one, ends, or has just closed the
 * connection, as far as that is safe:
 *
 * - whatever it is, when it was surely not processed: the connection was refused, cut before the
 *   handshake was over, or closed in good order (TLS's close_notify) in place of an answer, which a
 *   server does only between requests;
 * - what reads, or is the same when it is done twice, also when the connection was cut;
 * - whatever was answered with `Retry-After`.
 *
 * A body that is a stream is sent once. That nobody answers at all is told at once.
 */
export async function fetchAgain(
  fetchOnce: () => Promise<Response>,
  request: TransportRequest,
  limits: PatienceOptions = {},
): Promise<Response> {
  const patience = new Patience({ limit: LIMIT_MS, ...limits });
  const { signal } = request;
  const repeatable = isRepeatable(request);
  const whole = isWhole(request);
  for (let attempt = 1, cuts = 0;; attempt++) {
    let failure: unknown;
    try {
      const response = await fetchOnce();
      if (!whole || !asksAgain(response)) return response;
      failure = await answeredBusy(response);
    } catch (error) {
      if (isCut(error)) cuts++;
      const unsent = wasNeverSent(error);
      const safe = wasUnprocessed(error) || (attempt > 1 && unsent) ||
        (isCut(error) && (repeatable || unsent));
      if (!whole || !safe || cuts > MOST_CUTS) throw error;
      failure = error;
    }
    await delay(patience.failed(failure), signal);
  }
}

function asksAgain(response: Response): boolean {
  return response.status === 503 && response.headers.has("retry-after");
}

async function answeredBusy(response: Response): Promise<WorkerError> {
  try {
    return WorkerError.fromProblem(await response.json());
  } catch (cause) {
    const message = "the server is shutting down";
    return new WorkerError("UNAVAILABLE", message, { cause });
  }
}
