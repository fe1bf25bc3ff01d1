import { Duplex } from "node:stream";
import type { WorkerError } from "../../../lib/api/errors.ts";
import { ConnectProxy } from "../../../lib/http/connect/connect_proxy.ts";
import type { TlsConnection } from "../../../lib/http/listener/tls_connection.ts";

/** A proxy whose clients have no sockets, so that there can be very many, and whose ways never open. */
export class FloodedProxy {
  /** What clients were answered. */
  readonly answers: string[] = [];
  /** How many ways were asked for. */
  asked = 0;
  readonly proxy: ConnectProxy;
  readonly #over = Promise.withResolvers<never>();

  constructor({ maxPerUser }: { maxPerUser: number }) {
    this.proxy = new ConnectProxy({
      maxPerUser,
      openTimeoutMs: 60_000,
      nodes: {
        route: () => {
          this.asked++;
          return this.#over.promise;
        },
      },
      accept: (socket) => void socket.destroy(),
      audit: { record: () => {} },
    });
  }

  /** One more client asks. */
  connect(): void {
    const { answers } = this;
    const socket = new Duplex({
      read() {
        this.push(null);
      },
      write(bytes, _, done) {
        answers.push(String(bytes));
        done();
      },
    });
    const connection = {
      socket,
      remoteAddress: "192.0.2.1:1234",
      draining: new AbortController().signal,
      identity: () => ({ name: "alice", kind: "user", roles: [] }),
    } as unknown as TlsConnection;
    const head = new Uint8Array();
    this.proxy.accept({ connection, target: "web-1:7443", head });
  }

  /** Ends the wait for all ways. */
  end(error: WorkerError): void {
    this.#over.reject(error);
  }
}
