import type { Identity } from "../../../certs/identity.ts";
import { WorkerError } from "../../api/errors.ts";
import type { ServedConnection } from "../listener/dispatch.ts";
import type { PeerJudge } from "./passed_certificates.ts";
import { messageOf } from "../listener/tls_connection.ts";

/** The node's end of a tunnel, as far as its requests need it. */
export interface ServedTunnel {
  /** Who is at the other end, verified when it was dialled. */
  readonly identity: Identity;
  /** `host:port` that was dialled. */
  readonly remoteAddress: string;
  /** Bytes that the proxy has not taken yet. */
  readonly backlog: number;
  readonly gone: boolean;
  /** Aborted when this host takes its tunnels down: what follows something ends here. */
  readonly leaving: AbortSignal;
  drained(): Promise<void>;
}

/** A tunnel as the connection that its requests come in on: who asks is the proxy. */
export class TunnelConnection implements ServedConnection {
  readonly protocol = "h2";
  /** A proxy's own certificate is not passed on. */
  readonly certificate = null;
  readonly #tunnel: ServedTunnel;
  readonly #judge: Pick<PeerJudge, "recheck">;

  constructor(tunnel: ServedTunnel, judge: Pick<PeerJudge, "recheck">) {
    this.#tunnel = tunnel;
    this.#judge = judge;
  }

  get remoteAddress(): string {
    return this.#tunnel.remoteAddress;
  }

  get backlog(): number {
    return this.#tunnel.backlog;
  }

  get closed(): boolean {
    return this.#tunnel.gone;
  }

  get draining(): AbortSignal {
    return this.#tunnel.leaving;
  }

  identity(): Identity {
    const { identity } = this.#tunnel;
    try {
      this.#judge.recheck(identity);
      return identity;
    } catch (cause) {
      throw new WorkerError("UNAUTHENTICATED", messageOf(cause), { cause });
    }
  }

  drained(): Promise<void> {
    return this.#tunnel.drained();
  }

  /** A tunnel counts its requests itself. */
  openRequest(): () => void {
    return () => {};
  }
}
