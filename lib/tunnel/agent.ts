import type { Identity } from "../../certs/identity.ts";
import type { AgentConnection, DrainOptions } from "./agent_connection.ts";
import type { AgentPoolEvent } from "./agent_pool_event.ts";
import type { Lease } from "./lease.ts";
import type { ProxyInfo } from "./proxy_info.ts";

/** An agent, for who looks at the pool. */
export interface AgentSnapshot {
  readonly proxy: string;
  /** Whether it was dialled at its own address or through the balancer. */
  readonly via: "direct" | "balancer";
  readonly state: "serving" | "draining";
}

export interface AgentOptions {
  connection: AgentConnection;
  /** Has claimed the connection's proxy; the agent gives it back. */
  lease: Lease;
  onGossip: (proxies: readonly ProxyInfo[]) => void;
  onEvent: (event: AgentPoolEvent) => void;
}

/**
 * One tunnel while it lasts. When either end drains, the agent gives its lease back at once and
 * goes on serving what is open, so that a replacement is dialled before this one is gone.
 */
export class Agent {
  readonly #connection: AgentConnection;
  readonly #lease: Lease;
  readonly #onGossip: AgentOptions["onGossip"];
  readonly #onEvent: AgentOptions["onEvent"];
  #draining = false;
  #gone = false;

  constructor({ connection, lease, onGossip, onEvent }: AgentOptions) {
    this.#connection = connection;
    this.#lease = lease;
    this.#onGossip = onGossip;
    this.#onEvent = onEvent;
  }

  get snapshot(): AgentSnapshot {
    return {
      proxy: this.#connection.proxy,
      via: this.#lease.target.type,
      state: this.#draining ? "draining" : "serving",
    };
  }

  /** Serves until the connection is gone and nothing of the agent is left. */
  async run(): Promise<void> {
    const { proxy } = this.#connection;
    using lease = this.#lease;
    this.#connection.serve();
    void this.#connection.draining.then((how) => this.#drain(how));
    const listening = this.#listen();
    const reason = await this.#connection.closed;
    this.#gone = true;
    if (reason === null) lease.release();
    else lease.failed(reason);
    const broken = await listening;
    this.#onEvent({ type: "closed", proxy, reason: broken ?? reason });
  }

  /** See {@linkcode AgentConnection.recheck}. */
  recheck(recheck: (identity: Identity) => void): void {
    this.#connection.recheck(recheck);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Lets what is under way end; its place is free at once, as when the proxy drains. */
  async drain(options: DrainOptions): Promise<void> {
    const drained = this.#connection.drain(options);
    // What is drained here is no word on the proxy.
    this.#drain({ returns: true });
    await drained;
  }

  #drain({ returns }: { returns: boolean }): void {
    if (this.#gone || this.#draining) return;
    this.#draining = true;
    this.#onEvent({ type: "draining", proxy: this.#connection.proxy });
    if (returns) this.#lease.release();
    else this.#lease.drain();
  }

  /** Takes up gossip to its end; what was wrong with it ends the connection and is the answer. */
  async #listen(): Promise<string | null> {
    try {
      for await (const proxies of this.#connection.gossip) {
        this.#onGossip(proxies);
      }
      return null;
    } catch (error) {
      if (this.#gone) return null;
      const why = error instanceof Error ? error.message : String(error);
      await this.#connection.close();
      return why;
    }
  }
}
