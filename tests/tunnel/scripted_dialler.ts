import type { Identity } from "../../certs/identity.ts";
import type {
  AgentConnection,
  Dial,
  DialTarget,
} from "../../lib/tunnel/agent_connection.ts";
import type { ProxyInfo } from "../../lib/tunnel/proxy_info.ts";

/** A dial that a test answers when it likes. */
export interface ScriptedDial {
  readonly target: DialTarget;
  readonly signal: AbortSignal;
  /** The handshake ends at this proxy. */
  reach(proxy: string): ScriptedConnection;
  fail(error: Error): void;
}

/** A connection whose proxy is a test. */
export class ScriptedConnection implements AgentConnection {
  readonly proxy: string;
  readonly #closed = Promise.withResolvers<string | null>();
  readonly #draining = Promise.withResolvers<{ returns: boolean }>();
  readonly #stream = new TransformStream<readonly ProxyInfo[]>();
  readonly #writer = this.#stream.writable.getWriter();
  /** Whether anything was served on it. */
  served = false;
  ended = false;
  /** Whether the node has asked for its end. */
  drained = false;

  constructor(proxy: string) {
    this.proxy = proxy;
  }

  get closed(): Promise<string | null> {
    return this.#closed.promise;
  }

  get draining(): Promise<{ returns: boolean }> {
    return this.#draining.promise;
  }

  get gossip(): AsyncIterable<readonly ProxyInfo[]> {
    return this.#stream.readable;
  }

  serve(): void {
    this.served = true;
  }

  recheck(recheck: (identity: Identity) => void): void {
    try {
      recheck({ name: this.proxy } as Identity);
    } catch (error) {
      this.end((error as Error).message);
    }
  }

  close(): Promise<void> {
    this.end(null);
    return Promise.resolve();
  }

  hear(list: readonly ProxyInfo[]): void {
    this.#writer.write(list).catch(() => {});
  }

  /** Something comes that is no list of proxies. */
  garble(): void {
    this.#writer.abort(new Error("not a list")).catch(() => {});
  }

  /** The proxy says that it drains. */
  proxyDrains({ returns = false } = {}): void {
    this.#draining.resolve({ returns });
  }

  /** The node drains it: it lives on until the test ends it. */
  async drain(): Promise<void> {
    this.drained = true;
    await this.closed;
  }

  end(reason: string | null): void {
    if (this.ended) return;
    this.ended = true;
    this.#writer.close().catch(() => {});
    this.#closed.resolve(reason);
  }
}

/** A dialler that keeps its dials for the test to answer. */
export class ScriptedDialler {
  readonly dials: ScriptedDial[] = [];

  readonly dial: Dial = (target, { signal }) =>
    new Promise((resolve, reject) => {
      this.dials.push({
        ...{ target, signal, fail: reject },
        reach: (proxy) => {
          const connection = new ScriptedConnection(proxy);
          resolve(connection);
          return connection;
        },
      });
    });

  get latest(): ScriptedDial {
    return this.dials.at(-1)!;
  }
}
