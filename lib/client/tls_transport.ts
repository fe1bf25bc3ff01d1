import { AddressList } from "./address_list.ts";
import { isAboutCertificates } from "./connection_error.ts";
import { CredentialedClient } from "./credentialed_client.ts";
import { fetchAgain } from "./fetch_again.ts";
import { fetchSomewhere } from "./fetch_somewhere.ts";
import { fetchWithin } from "./fetch_within.ts";
import type { TlsCredentials } from "./tls_credentials.ts";
import { isWhole, type Transport, type TransportRequest } from "./transport.ts";

/** Options of a {@linkcode TlsTransport}. */
export interface TlsTransportOptions extends TlsCredentials {
  /**
   * `host:port`; the certificate of the server must be for `host`. Several, with commas between
   * them, are tried in turn.
   */
  address: string;
  /**
   * Reads the PEM texts again. It is called when the server refuses the certificate, or shows one of
   * another authority; texts that differ are used from then on. @default they stay as they are
   */
  reload?: () => Promise<TlsCredentials>;
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
  readonly #client: CredentialedClient;
  readonly #answerWithin: number;

  /**
   * Checks what it is given; the first request connects.
   *
   * @throws {WorkerError} `INVALID_ARGUMENT` when the address or a PEM text is not usable.
   */
  constructor(options: TlsTransportOptions) {
    this.#answerWithin = options.answerWithin ?? 30_000;
    this.#addresses = new AddressList(options.address);
    this.#client = new CredentialedClient(options, options.reload);
  }

  /** The server in use, as `host:port`. */
  get address(): string {
    return this.#addresses.current;
  }

  /**
   * Sends one request; resolves with the head of the answer, whatever its status. It is sent again
   * where that is safe when the server hands over to another one, see {@linkcode fetchAgain}, when
   * there are others that may answer, see {@linkcode fetchSomewhere}, or when the certificate is
   * refused and `reload` has another one.
   *
   * @throws {WorkerError} `UNAVAILABLE` or `UNAUTHENTICATED` when there is no answer.
   */
  fetch(path: string, request: TransportRequest = {}): Promise<Response> {
    const fetchOnce = (address: string, answerWithin = this.#answerWithin) =>
      this.#fetchOnce(address, path, { answerWithin, ...request });
    return fetchAgain(
      () => fetchSomewhere(fetchOnce, { request, addresses: this.#addresses }),
      request,
    );
  }

  /** Closes the connections, with the requests that are under way on them. */
  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  async #fetchOnce(
    address: string,
    path: string,
    request: TransportRequest & { answerWithin: number },
  ): Promise<Response> {
    const { answerWithin, signal, repeatable: _, ...init } = request;
    const used = this.#client.current;
    const attempt = (client: Deno.HttpClient) =>
      fetchWithin(`https://${address}${path}`, init, {
        client,
        address,
        answerWithin,
        signal,
      });
    // Who was refused was not served, so whatever was asked may be asked again.
    const reloaded = async () =>
      isWhole(request) && await this.#client.reloaded(used);
    let response: Response;
    try {
      response = await attempt(used);
    } catch (error) {
      if (!isAboutCertificates(error) || !await reloaded()) throw error;
      return await attempt(this.#client.current);
    }
    if (response.status !== 401 || !await reloaded()) return response;
    await response.body?.cancel();
    return await attempt(this.#client.current);
  }
}
