import type { Identity } from "../../../certs/identity.ts";
import { WorkerError } from "../../api/errors.ts";
import type { Connection } from "../connection.ts";
import type { PassedCertificates } from "./passed_certificates.ts";

/** What a proxy said of a request that it passed on. */
export interface ForwardedConnectionOptions {
  /** What it came over: the tunnel or the connection of the proxy. */
  over: Connection;
  /** The name of the proxy. */
  proxy: string;
  /** The proxy's client, `host:port`. */
  client: string;
  /** The value of `Client-Cert`; null when the client showed no certificate. */
  certificate: string | null;
  certificates: PassedCertificates;
}

/** The connection of a request that a proxy passed on: who asks is the proxy's client. */
export class ForwardedConnection implements Connection {
  readonly remoteAddress: string;
  readonly via: string;
  /** Nothing that was passed on is passed on again. */
  readonly certificate = null;
  readonly #options: ForwardedConnectionOptions;

  constructor(options: ForwardedConnectionOptions) {
    const { client, proxy } = options;
    this.#options = options;
    this.via = proxy;
    this.remoteAddress = `${client} via ${proxy}`;
  }

  get protocol(): Connection["protocol"] {
    return this.#options.over.protocol;
  }

  get backlog(): number {
    return this.#options.over.backlog;
  }

  get closed(): boolean {
    return this.#options.over.closed;
  }

  get draining(): AbortSignal {
    return this.#options.over.draining;
  }

  drained(): Promise<void> {
    return this.#options.over.drained();
  }

  identity(): Identity {
    const { certificate, certificates, proxy } = this.#options;
    if (certificate !== null) {
      return certificates.identityOf(certificate, proxy);
    }
    throw new WorkerError(
      "UNAUTHENTICATED",
      `no client certificate was sent to the proxy "${proxy}": connect with a certificate that the cluster's authority issued`,
    );
  }
}
