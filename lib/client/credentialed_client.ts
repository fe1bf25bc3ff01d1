import { WorkerError } from "../api/errors.ts";
import type { TlsCredentials } from "./tls_credentials.ts";

/** The runtime's HTTP client for credentials that may be replaced while it is in use. */
export class CredentialedClient implements Disposable {
  readonly #reload: (() => Promise<TlsCredentials>) | undefined;
  #credentials: TlsCredentials;
  /** The last one is current; responses may still come over the others. */
  readonly #clients: Deno.HttpClient[];
  #closed = false;

  /** @throws {WorkerError} `INVALID_ARGUMENT` when a PEM text is not usable. */
  constructor(
    credentials: TlsCredentials,
    reload?: () => Promise<TlsCredentials>,
  ) {
    this.#credentials = credentials;
    this.#clients = [createClient(credentials)];
    this.#reload = reload;
  }

  /** With the credentials that were read last. */
  get current(): Deno.HttpClient {
    return this.#clients.at(-1)!;
  }

  /**
   * Whether there are other credentials than those of `refused`: they are read again if need be. Ones
   * that can't be read or used, as in the middle of being written, are none.
   */
  async reloaded(refused: Deno.HttpClient): Promise<boolean> {
    if (refused !== this.current) return true;
    const credentials = await this.#reload?.().catch(() => null);
    // Another request may have done the same meanwhile.
    if (refused !== this.current) return true;
    if (!credentials || areSame(credentials, this.#credentials)) return false;
    if (this.#closed) return false;
    try {
      this.#clients.push(createClient(credentials));
    } catch {
      return false;
    }
    this.#credentials = credentials;
    return true;
  }

  /** Closes the connections, with the requests that are under way on them. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const client of this.#clients) client.close();
  }
}

function areSame(one: TlsCredentials, other: TlsCredentials): boolean {
  return one.cacert === other.cacert && one.cert === other.cert &&
    one.key === other.key;
}

function createClient({ cacert, cert, key }: TlsCredentials): Deno.HttpClient {
  // The runtime accepts a PEM text without certificates, and `caCerts` adds to its own list of
  // public authorities. Only the given ones may vouch for a server, so that list is emptied; it is
  // read at the first connection, and not loading it saves time too.
  if (!cacert.includes("-----BEGIN CERTIFICATE-----")) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      "the CA file holds no certificate in PEM: check --cacert",
    );
  }
  Deno.env.set("DENO_TLS_CA_STORE", "");
  try {
    return Deno.createHttpClient({
      caCerts: [cacert],
      cert,
      key,
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
