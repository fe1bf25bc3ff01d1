import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy in front of a server that can cut what runs through it, as a network does. */
export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #target: { host: string; port: number };
  #bytes = 0;
  #accepted = 0;
  #refusing = false;
  #mute = false;

  private constructor(target: string) {
    const at = target.lastIndexOf(":");
    this.#target = {
      host: target.slice(0, at),
      port: Number(target.slice(at + 1)),
    };
    this.#server = createServer((client) => this.#accept(client));
  }

  /** @param target `host:port` */
  static async listen(target: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target);
    await new Promise<void>((resolve) =>
      proxy.#server.listen(0, "127.0.0.1", resolve)
    );
    return proxy;
  }

  get addr(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") {
      throw new Error("the proxy doesn't listen");
    }
    return `127.0.0.1:${address.port}`;
  }

  /** Bytes from the server to clients so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Connections that were accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Resets every connection. */
  cut(): void {
    for (const [client, server] of this.#pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** While set, new connections are closed at once. */
  set refusing(value: boolean) {
    this.#refusing = value;
  }

  /** While set, what servers answer to new connections goes nowhere; their handshakes do. */
  set mute(value: boolean) {
    this.#mute = value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    if (this.#refusing) {
      client.destroy();
      return;
    }
    this.#accepted++;
    const server = connect(this.#target);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    server.on("error", () => {});
    server.on("data", (piece) => this.#bytes += piece.length);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    client.on("close", end);
    server.on("close", end);
    client.pipe(server);
    server.pipe(client);
    if (!this.#mute) return;
    // The client's second word comes after the server's handshake, and has its request.
    let words = 0;
    client.on("data", () => {
      if (++words === 2) server.unpipe(client).pause();
    });
  }
}
