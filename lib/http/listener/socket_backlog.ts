import type { Socket } from "node:net";

/** Bytes that wait for a peer before producers must pause. */
export const BACKLOG_HIGH_WATER = 1 << 20;

/**
 * How much waits for a socket. The runtime hands it every byte that the peer's HTTP/2 window
 * allows, whether the peer reads or not, so whoever produces must ask here.
 */
export class SocketBacklog {
  #drain: PromiseWithResolvers<void> | undefined;

  constructor(readonly socket: Socket) {
    socket.on("drain", () => this.#release());
    socket.once("close", () => this.#release());
  }

  /** Bytes that the kernel has not taken yet. */
  get bytes(): number {
    return this.socket.destroyed ? 0 : this.socket.writableLength;
  }

  /** Bytes that came from the peer. */
  get received(): number {
    return this.socket.bytesRead;
  }

  /** Bytes that the kernel has taken. */
  get sent(): number {
    return this.socket.bytesWritten - this.bytes;
  }

  /** Resolves when there is room for more, or the socket is closed. */
  drained(): Promise<void> {
    if (this.bytes <= BACKLOG_HIGH_WATER) return Promise.resolve();
    // One promise and one listener for all requests of the connection.
    this.#drain ??= Promise.withResolvers();
    return this.#drain.promise;
  }

  #release(): void {
    this.#drain?.resolve();
    this.#drain = undefined;
  }
}
