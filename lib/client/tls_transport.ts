import { WorkerError } from "../api/errors.ts";
import { AddressList } from "./address_list.ts";
import { fetchAgain } from "./fetch_again.ts";
import { fetchSomewhere } from "./fetch_somewhere.ts";
import { fetchWithin } from "./fetch_within.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** Options of a {@linkcode TlsTransport}. */
export interface TlsTransportOptions {
  /**
   * `host:port`; the certificate of the server must be for `host`. Several, with commas between
   * them, are tried in turn.
   */
  address: string;
  /** PEM: the only authorities a server's certificate may come from. */
  cacert: string;
  /** PEM: the client's certificate, then intermediate ones. */
  cert: string;
  /** PEM: the private key of `cert`. */
  key: string;
  /** Milliseconds to wait for the head of an answer. @default {30_000} */
  answerWithin?: number;
}

/**
 * HTTPS with mutual TLS, over `fetch`: it starts faster than `node:http2` and reports a body that
 * was cut. HTTP/1.1, because one download is faster on it than on HTTP/2, and a client has only
 * one or two requests under way.
 */
export class TlsTransport implements Transport {
  readonly #addresses: AddressList;
  readonly #client: Deno.HttpClient;
  readonly #answerWithin: number;

  /**
   * Checks what it is given; the first request connects.
   *
   * @throws {WorkerError} `INVALID_ARGUMENT` when the address or a PEM text is not usable.
   */
  constructor(options: TlsTransportOptions) {
    this.#answerWithin = options.answerWithin ?? 30_000;
    this.#addresses = new AddressList(options.address);
    this.#client = createClient(options);
  }

  /** The server in use, as `host:port`. */
  get address(): string {
    return this.#addresses.current;
  }

  /**
   * Sends one request; resolves with the head of the answer, whatever its status. It is sent again
   * where that is safe when the server hands over to another one, see {@linkcode fetchAgain}, or when
   * there are others that may answer, see {@linkcode fetchSomewhere}.
   *
   * @throws {WorkerError} `UNAVAILABLE` or `UNAUTHENTICATED` when there is no answer.
   */
  fetch(path: string, request: TransportRequest = {}): Promise<Response> {
    const { answerWithin, signal, repeatable: _, ...init } = request;
    const fetchOnce = (address: string, limit = this.#answerWithin) =>
      fetchWithin(`https://${address}${path}`, init, {
        client: this.#client,
        address,
        answerWithin: answerWithin ?? limit,
        signal,
      });
    return fetchAgain(
      () => fetchSomewhere(fetchOnce, { request, addresses: this.#addresses }),
      request,
    );
  }

  /** Closes the connections, with the requests that are under way on them. */
  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function createClient(options: TlsTransportOptions): Deno.HttpClient {
  // The runtime accepts a PEM text without certificates, and `caCerts` adds to its own list of
  // public authorities. Only the given ones may vouch for a server, so that list is emptied; it is
  // read at the first connection, and not loading it saves time too.
  if (!options.cacert.includes("-----BEGIN CERTIFICATE-----")) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      "the CA file holds no certificate in PEM: check --cacert",
    );
  }
  Deno.env.set("DENO_TLS_CA_STORE", "");
  try {
    return Deno.createHttpClient({
      caCerts: [options.cacert],
      cert: options.cert,
      key: options.key,
      http1: true,
      http2: false,
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const reason = message.includes("KeyMismatch")
      ? "the private key does not belong to the certificate"
      : message.includes("No certificates")
      ? "the certificate file holds no certificate in PEM"
      : message.includes("No keys")
      ? "the key file holds no private key in PEM"
      : `the certificate or its key is not usable (${message})`;
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `${reason}: check --cert and --key`,
      { cause: error },
    );
  }
}
