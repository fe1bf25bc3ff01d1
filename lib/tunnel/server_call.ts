import { WorkerError } from "../api/errors.ts";
import type { TunnelRequest, TunnelResponse } from "./tunnel_request.ts";

/** A call to a server of the cluster. */
export interface ServerCall {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path and query. */
  path: string;
  /** Sent as JSON. @default none */
  body?: unknown;
  signal?: AbortSignal;
  /** Until the answer must be complete, ms. @default {30_000} */
  withinMs?: number;
}

/** How a watch is opened. */
export interface ServerWatch {
  signal: AbortSignal;
  /** Until the first of the answer must be there, ms. @default {30_000} */
  withinMs?: number;
}

type Ask = (request: TunnelRequest) => Promise<TunnelResponse>;

/** Longest answer that is taken, and longest line of a watch. */
const MAX_BYTES = 64 << 20;

const WITHIN_MS = 30_000;
const NEWLINE = 0x0a;

/**
 * Asks with JSON and reads the answer as JSON; undefined when it has no body.
 *
 * @throws {WorkerError} what the server refused, or `UNAVAILABLE`.
 */
export async function callServer(
  ask: Ask,
  { method, path, body, signal, withinMs = WITHIN_MS }: ServerCall,
): Promise<unknown> {
  using deadline = new Deadline({
    signal,
    withinMs,
    what: `${method} ${path}`,
  });
  const answer = await ask({
    method,
    path,
    headers: {
      accept: "application/json",
      ...body !== undefined && { "content-type": "application/json" },
    },
    body: body === undefined ? null : once(JSON.stringify(body)),
    signal: deadline.signal,
  });
  const text = await deadline.reason(readText(answer));
  if (answer.status >= 400) throw refusal(text, answer.status);
  return text === "" ? undefined : parse(text);
}

/** Opens a watch: its values as they come. */
export async function openWatch(
  ask: Ask,
  path: string,
  { signal, withinMs = WITHIN_MS }: ServerWatch,
): Promise<AsyncGenerator<unknown>> {
  using deadline = new Deadline({ signal, withinMs, what: `GET ${path}` });
  const answer = await ask({
    method: "GET",
    path,
    headers: { accept: "application/x-ndjson" },
    signal: deadline.signal,
  });
  if (answer.status >= 400) {
    throw refusal(await deadline.reason(readText(answer)), answer.status);
  }
  return lines(answer, signal);
}

async function* lines(
  { body }: TunnelResponse,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const cancel = () => body.cancel();
  signal.addEventListener("abort", cancel);
  const text = new TextDecoder();
  let rest: Uint8Array = new Uint8Array();
  try {
    if (signal.aborted) return body.cancel();
    for await (const bytes of body) {
      let start = 0;
      for (;;) {
        const end = bytes.indexOf(NEWLINE, start);
        if (end < 0) break;
        yield parse(text.decode(join(rest, bytes.subarray(start, end))));
        rest = new Uint8Array();
        start = end + 1;
      }
      rest = join(rest, bytes.subarray(start)).slice();
      if (rest.length > MAX_BYTES) throw tooLong();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", cancel);
    body.cancel();
  }
}

/** A signal that aborts with another one, or when time is over. */
class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #given: AbortSignal | undefined;
  readonly #abort = () => this.#controller.abort(this.#given?.reason);

  constructor(
    { signal, withinMs, what }: {
      signal: AbortSignal | undefined;
      withinMs: number;
      what: string;
    },
  ) {
    this.#given = signal;
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new WorkerError(
          "UNAVAILABLE",
          `"${what}" was not answered within ${withinMs} ms`,
        ),
      );
    }, withinMs);
    signal?.addEventListener("abort", this.#abort);
    if (signal?.aborted) this.#abort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** A body that is cut because of this signal rejects with the reason of that. */
  async reason<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      this.signal.throwIfAborted();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#given?.removeEventListener("abort", this.#abort);
  }
}

async function readText({ body }: TunnelResponse): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const bytes of body) {
    parts.push(bytes.slice());
    length += bytes.length;
    if (length > MAX_BYTES) throw tooLong();
  }
  return await new Blob(parts).text();
}

function refusal(text: string, status: number): WorkerError {
  try {
    return WorkerError.fromProblem(JSON.parse(text));
  } catch (cause) {
    return new WorkerError(
      "INTERNAL",
      `the server answered ${status} without a problem document`,
      { cause },
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WorkerError(
      "INTERNAL",
      "the server answered something that is not JSON",
      { cause },
    );
  }
}

function tooLong(): WorkerError {
  return new WorkerError(
    "INTERNAL",
    `the server's answer is longer than ${MAX_BYTES} bytes`,
  );
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
