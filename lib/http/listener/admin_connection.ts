import type { Socket } from "node:net";
import type { Identity } from "../../../certs/identity.ts";
import type { PeerCredentials } from "../../linux/peer_credentials.ts";
import type { Connection } from "../connection.ts";
import { SocketBacklog } from "./socket_backlog.ts";

/** What an {@linkcode AdminConnection} needs of its listener. */
export interface AdminConnectionOptions {
  /** Who connected, as the kernel says. */
  peer: PeerCredentials;
  /** What the peer's user is called. */
  name: string;
  draining: AbortSignal;
}

/** A connection of somebody on this host who may do everything. */
export class AdminConnection implements Connection {
  readonly protocol = "http/1.1";
  readonly remoteAddress: string;
  readonly draining: AbortSignal;
  readonly certificate = null;
  readonly #identity: Identity;
  readonly #backlog: SocketBacklog;
  #openRequests = 0;

  constructor(readonly socket: Socket, options: AdminConnectionOptions) {
    const { peer, name, draining } = options;
    this.remoteAddress = `unix:pid=${peer.pid},uid=${peer.uid}`;
    this.draining = draining;
    this.#identity = {
      name,
      roles: ["admin"],
      kind: "user",
      fingerprint: "",
      serial: "",
      notAfter: Infinity,
    };
    this.#backlog = new SocketBacklog(socket);
  }

  get backlog(): number {
    return this.#backlog.bytes;
  }

  get closed(): boolean {
    return this.socket.destroyed;
  }

  /** Who connected is who asks: the kernel's word holds for as long as the connection does. */
  identity(): Identity {
    return this.#identity;
  }

  drained(): Promise<void> {
    return this.#backlog.drained();
  }

  /** Counts a request as open until the function it returns is called. */
  openRequest(): () => void {
    this.#openRequests++;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#openRequests--;
    };
  }

  /** Ends the connection when no request is open. */
  finish(): void {
    if (this.#openRequests === 0) this.socket.end();
  }
}
