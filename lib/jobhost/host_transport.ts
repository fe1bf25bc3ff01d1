import { WorkerError } from "../api/errors.ts";
import type { Transport, TransportRequest } from "../client/transport.ts";
import { ShortPath } from "../linux/short_path.ts";
import { Turns } from "./turns.ts";

/** Milliseconds the head of an answer may take where the caller does not say. */
const ANSWER_WITHIN_MS = 30_000;

/**
 * Questions under way at a time. A job host answers them one after the other anyway, and each takes
 * a connection and its buffers: what hundreds of clients ask at once would stay in the memory.
 */
const QUESTIONS = 16;

/**
 * The authority of requests. An address, because the runtime looks a name up for every connection,
 * even though it connects to a socket: that asks a DNS server, and waits for it.
 */
const ORIGIN = "http://127.0.0.1";

/** There is nobody at the other end of the socket, or there is no longer. */
export class HostUnreachableError extends WorkerError {
  constructor(
    message: string,
    /** Whether the request may have got there before. */
    readonly sent: boolean,
    options?: ErrorOptions,
  ) {
    super("UNAVAILABLE", message, options);
  }
}

/** HTTP/1.1 over a unix socket, by `fetch`; connections are kept and used again. */
export class HostTransport implements Transport {
  readonly address = "the job host";
  readonly #client: Deno.HttpClient;
  readonly #short: ShortPath;
  readonly #closed = new AbortController();
  readonly #questions = new Turns(QUESTIONS);

  /**
   * `path` is the socket's; the first request connects.
   *
   * @throws {HostUnreachableError} when a long path leads nowhere.
   */
  constructor(path: string) {
    this.#short = shorten(path);
    this.#client = Deno.createHttpClient({
      proxy: { transport: "unix", path: this.#short.path },
      // A daemon has as many requests under way as its clients; each idle one costs a descriptor.
      poolMaxIdlePerHost: 64,
    });
  }

  /** @throws {HostUnreachableError} when there is no answer. */
  async fetch(path: string, request: TransportRequest = {}): Promise<Response> {
    // What is answered at once: whoever says how long an answer may take does not queue.
    const question = request.answerWithin === undefined &&
      (request.method ?? "GET") === "GET";
    const {
      answerWithin = ANSWER_WITHIN_MS,
      signal,
      repeatable: _,
      ...init
    } = request;
    const late = new AbortController();
    const timer = answerWithin === Infinity ? undefined : setTimeout(
      () => late.abort(new Error(`no answer within ${answerWithin} ms`)),
      answerWithin,
    );
    const given = AbortSignal.any([
      this.#closed.signal,
      late.signal,
      ...signal ? [signal] : [],
    ]);
    try {
      using _turn = question ? await this.#questions.take(given) : null;
      return await fetch(`${ORIGIN}${path}`, {
        ...init,
        client: this.#client,
        redirect: "error",
        signal: given,
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw unreachable(cause);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the connections, with the requests that are under way on them. */
  [Symbol.dispose](): void {
    if (this.#closed.signal.aborted) return;
    // Closing the client alone leaves open what is under way.
    this.#closed.abort(
      new HostUnreachableError("the connection was given up", true),
    );
    this.#client.close();
    this.#short[Symbol.dispose]();
  }
}

function shorten(path: string): ShortPath {
  try {
    return new ShortPath(path);
  } catch (cause) {
    throw new HostUnreachableError(
      `there is no job host at "${path}"`,
      false,
      { cause },
    );
  }
}

function unreachable(cause: unknown): HostUnreachableError {
  const said: string[] = [];
  for (let error = cause; error instanceof Error; error = error.cause) {
    said.push(error.message);
  }
  const reason = said.at(-1)?.replace(/^.*client error/, "client error") ??
    String(cause);
  const sent = !reason.includes("(Connect)");
  return new HostUnreachableError(
    `the job host does not answer: ${reason}`,
    sent,
    { cause },
  );
}
