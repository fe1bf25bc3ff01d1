import type { AgentConnection } from "../../lib/tunnel/agent_connection.ts";
import type { ProxyInfo } from "../../lib/tunnel/proxy_info.ts";
import type { SimulatedProxy } from "./simulated_proxy.ts";

type List = readonly ProxyInfo[];

/** A tunnel without bytes: what the agent pool sees of one. */
export class SimulatedConnection implements AgentConnection {
  readonly proxy: string;
  readonly node: number;
  readonly #to: SimulatedProxy;
  readonly #closed = Promise.withResolvers<string | null>();
  readonly #draining = Promise.withResolvers<{ returns: boolean }>();
  readonly #lists: List[] = [];
  #reader: ((result: IteratorResult<List>) => void) | null = null;
  #isClosed = false;

  constructor(to: SimulatedProxy, node: number) {
    this.proxy = to.id;
    this.node = node;
    this.#to = to;
  }

  get closed(): Promise<string | null> {
    return this.#closed.promise;
  }

  get draining(): Promise<{ returns: boolean }> {
    return this.#draining.promise;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  readonly gossip: AsyncIterable<List> = {
    [Symbol.asyncIterator]: () => ({ next: () => this.#next() }),
  };

  serve(): void {
    if (!this.#isClosed) this.#to.serve(this);
  }

  /** Certificates of simulated proxies count for ever. */
  recheck(): void {}

  close(): Promise<void> {
    this.end(null);
    return Promise.resolve();
  }

  /** The proxy says that it drains. */
  proxyDrains(): void {
    this.#draining.resolve({ returns: false });
  }

  drain(): Promise<void> {
    return this.close();
  }

  /** A list of proxies arrives. */
  hear(list: List): void {
    if (this.#isClosed) return;
    if (!this.#reader) return void this.#lists.push(list);
    this.#reader({ done: false, value: list });
    this.#reader = null;
  }

  end(reason: string | null): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#to.connections.delete(this);
    this.#reader?.({ done: true, value: undefined });
    this.#closed.resolve(reason);
  }

  #next(): Promise<IteratorResult<List>> {
    const value = this.#lists.shift();
    if (value) return Promise.resolve({ done: false, value });
    if (this.#isClosed) {
      return Promise.resolve({ done: true, value: undefined });
    }
    return new Promise((resolve) => this.#reader = resolve);
  }
}
