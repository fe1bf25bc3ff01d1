import { connectionError } from "./connection_error.ts";

/** How {@linkcode fetchWithin} asks, besides what `fetch` takes. */
export interface FetchWithinOptions {
  client: Deno.HttpClient;
  /** The server, for messages. */
  address: string;
  /** Milliseconds to wait for the head of the answer. */
  answerWithin: number;
  signal?: AbortSignal | undefined;
}

/**
 * One `fetch`, with a limit on the time until the head of the answer comes.
 *
 * @throws {WorkerError} that says in words why there is no answer; the signal's reason when it aborts.
 */
export async function fetchWithin(
  url: string,
  init: Omit<RequestInit, "signal">,
  { client, address, answerWithin, signal }: FetchWithinOptions,
): Promise<Response> {
  const late = new AbortController();
  const timer = answerWithin === Infinity ? undefined : setTimeout(() => {
    late.abort(new Error(`timed out after ${answerWithin} ms`));
  }, answerWithin);
  try {
    return await fetch(url, {
      ...init,
      client,
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw connectionError(error, address);
  } finally {
    clearTimeout(timer);
  }
}
