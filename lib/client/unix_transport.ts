import { WorkerError } from "../api/errors.ts";
import { connectionError, isCut } from "./connection_error.ts";
import { fetchAgain } from "./fetch_again.ts";
import { fetchWithin } from "./fetch_within.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** What an address begins with that is the path of a socket. */
export const UNIX_PREFIX = "unix:";

/** Bytes of a path that fits into a socket's address (unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * The authority of requests. An address, because the runtime looks a name up for every connection,
 * even though it connects to a socket: that asks a DNS server, and waits for it.
 */
const ORIGIN = "http://127.0.0.1";

/**
 * HTTP/1.1 over the unix socket of a server on this host, which asks the kernel who connects.
 *
 * Each request has a connection of its own: connecting costs next to nothing, and none that is kept
 * can be closed by the server in the moment in which it is used again.
 */
export class UnixTransport implements Transport {
  /** The server, as `unix:/path`. */
  readonly address: string;
  readonly #client: Deno.HttpClient;
  readonly #short: Disposable | null;
  readonly #answerWithin: number;

  private constructor(
    address: string,
    { path, short, answerWithin }: {
      path: string;
      short: Disposable | null;
      answerWithin: number;
    },
  ) {
    this.address = address;
    this.#short = short;
    this.#answerWithin = answerWithin;
    this.#client = Deno.createHttpClient({
      proxy: { transport: "unix", path },
      poolMaxIdlePerHost: 0,
    });
  }

  /**
   * A transport to `unix:/path`; the first request connects.
   *
   * @throws {WorkerError} `INVALID_ARGUMENT` when that is no address, `UNAVAILABLE` when a long path
   * leads nowhere.
   */
  static async open(
    address: string,
    { answerWithin = 30_000 }: { answerWithin?: number } = {},
  ): Promise<UnixTransport> {
    const path = address.slice(UNIX_PREFIX.length);
    if (!address.startsWith(UNIX_PREFIX) || !path.startsWith("/")) {
      throw new WorkerError(
        "INVALID_ARGUMENT",
        `"${address}" is not an address: write for example "unix:/var/lib/worker/run/admin.sock"`,
      );
    }
    if (new TextEncoder().encode(path).length <= MAX_PATH_BYTES) {
      return new UnixTransport(address, { path, short: null, answerWithin });
    }
    // Rare, and the calls of the system that it needs would cost every command time.
    const { ShortPath } = await import("../linux/short_path.ts");
    try {
      const short = new ShortPath(path);
      return new UnixTransport(address, {
        path: short.path,
        short,
        answerWithin,
      });
    } catch (cause) {
      throw connectionError(cause, address);
    }
  }

  /**
   * Sends one request on a connection of its own; resolves with the head of the answer.
   *
   * @throws {WorkerError} `UNAVAILABLE` or `PERMISSION_DENIED` when there is no answer.
   */
  fetch(path: string, request: TransportRequest = {}): Promise<Response> {
    return fetchAgain(() => this.#fetchOnce(path, request), request);
  }

  async #fetchOnce(
    path: string,
    request: TransportRequest,
  ): Promise<Response> {
    const {
      answerWithin = this.#answerWithin,
      signal,
      repeatable: _,
      headers,
      ...init
    } = request;
    try {
      return await fetchWithin(`${ORIGIN}${path}`, {
        ...init,
        headers: { ...headers, connection: "close" },
      }, {
        client: this.#client,
        address: this.address,
        answerWithin,
        signal,
      });
    } catch (error) {
      // Without TLS nobody can tell a server that closed in good order from one that died.
      if (!isCut(error)) throw error;
      const { code, message } = error as WorkerError;
      throw new WorkerError(code, message);
    }
  }

  /** Gives up what is under way. */
  [Symbol.dispose](): void {
    this.#client.close();
    this.#short?.[Symbol.dispose]();
  }
}
