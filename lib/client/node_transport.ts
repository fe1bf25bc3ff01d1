import type { Transport, TransportRequest } from "./transport.ts";

/**
 * The jobs of a node behind a server: each path is asked for below `/v1/nodes/{node}`, and the rest
 * is the business of the transport below, which goes to another proxy when one is lost.
 */
export class NodeTransport implements Transport {
  readonly #inner: Transport;
  readonly #prefix: string;
  readonly #node: string;

  /**
   * @param inner To a proxy; it stays the caller's.
   * @param node What the proxy knows the node by: its name, id, address, or a label.
   */
  constructor(inner: Transport, node: string) {
    this.#inner = inner;
    this.#node = node;
    this.#prefix = `/v1/nodes/${encodeURIComponent(node)}`;
  }

  /** The node and how it is reached, for messages. */
  get address(): string {
    return `${this.#node} through ${this.#inner.address}`;
  }

  fetch(path: string, request?: TransportRequest): Promise<Response> {
    return this.#inner.fetch(this.#prefix + path.slice("/v1".length), request);
  }

  /** Nothing: what is open belongs to the transport below. */
  [Symbol.dispose](): void {}
}
