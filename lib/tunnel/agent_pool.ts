import type { Identity } from "../../certs/identity.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { Agent, type AgentSnapshot } from "./agent.ts";
import type {
  AgentConnection,
  Dial,
  DialTarget,
  DrainOptions,
} from "./agent_connection.ts";
import type { AgentPoolEvent } from "./agent_pool_event.ts";
import { Backoff } from "./backoff.ts";
import { dialWithin } from "./dial_within.ts";
import type { Lease, LeaseTarget } from "./lease.ts";
import { Pause } from "./pause.ts";
import { Tracker, type TrackerChange } from "./tracker.ts";
import type { TrackerSnapshot } from "./tracker_snapshot.ts";

export interface AgentPoolOptions {
  dial: Dial;
  /**
   * The balancer's `host:port` as of now. Asked anew for each attempt: an address that was right an
   * hour ago is how agents get stuck.
   */
  resolve: (options: { signal: AbortSignal }) => Promise<string>;
  /** Attempts at once, those that wait after one included. @default {4} */
  maxDials?: number;
  /** Milliseconds for an attempt, from resolving to the end of the handshake. @default {10_000} */
  handshakeTimeoutMs?: number;
  /** Must not throw. @default ignores them */
  onEvent?: (event: AgentPoolEvent) => void;
  /** @default a new one */
  tracker?: Tracker;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
  /** A number in [0, 1). @default {Math.random} */
  random?: () => number;
}

/** What a tracker knows and what the pool does about it. */
export interface AgentPoolSnapshot extends TrackerSnapshot {
  readonly agents: readonly AgentSnapshot[];
  /** Milliseconds until an attempt that failed is repeated; null when none waits. */
  readonly nextRetryInMs: number | null;
}

/** All nodes get news of a proxy at once: each dials after a part of this that chance decides. */
const NEWS_MS = 3_000;

/**
 * Keeps one agent for each proxy of the cluster: takes leases while the tracker grants them, dials
 * what each asks for, and serves the tunnel when its proxy could be claimed. Begins when it is made
 * and ends when it is disposed, with all of its agents.
 *
 * An attempt occupies one of `maxDials` places from its dial to the end of the wait after it, so a
 * cluster that is down is dialled at the pace of the back-off however many proxies are missing.
 */
export class AgentPool implements AsyncDisposable {
  readonly #dial: Dial;
  readonly #resolve: AgentPoolOptions["resolve"];
  readonly #maxDials: number;
  readonly #timeoutMs: number;
  readonly #onEvent: (event: AgentPoolEvent) => void;
  readonly #tracker: Tracker;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #subscription: Disposable;
  readonly #end = new AbortController();
  readonly #agents = new Set<Agent>();
  readonly #tasks = new Set<Promise<void>>();
  /** Waits after attempts; `retry` says that the attempt has to be repeated. */
  readonly #pauses = new Map<Pause, { retry: boolean }>();
  #cancelLook = () => {};
  /** No dial before this moment of the monotonic clock. */
  #holdUntil = -Infinity;
  #attempts = 0;

  constructor(options: AgentPoolOptions) {
    const { clock = SYSTEM_CLOCK, random = Math.random } = options;
    this.#dial = options.dial;
    this.#resolve = options.resolve;
    this.#maxDials = options.maxDials ?? 4;
    this.#timeoutMs = options.handshakeTimeoutMs ?? 10_000;
    this.#onEvent = options.onEvent ?? (() => {});
    this.#tracker = options.tracker ?? new Tracker({ clock, random });
    this.#clock = clock;
    this.#random = random;
    this.#backoff = new Backoff({ clock, random });
    this.#subscription = this.#tracker.subscribe((change) => this.#on(change));
    this.#fill();
  }

  snapshot(): AgentPoolSnapshot {
    const retries = [...this.#pauses].filter(([, { retry }]) => retry)
      .map(([pause]) => pause.remainingMs);
    return {
      ...this.#tracker.snapshot(),
      agents: [...this.#agents].map(({ snapshot }) => snapshot),
      nextRetryInMs: retries.length === 0 ? null : Math.min(...retries),
    };
  }

  /**
   * Connects anew, e.g. with another certificate: each agent drains, and its proxy is dialled again
   * meanwhile.
   */
  async reconnect(options: DrainOptions): Promise<void> {
    await Promise.all([...this.#agents].map((agent) => agent.drain(options)));
  }

  /** Cuts the tunnels to proxies whose certificate `recheck` refuses by now: expired, or revoked. */
  recheck(recheck: (identity: Identity) => void): void {
    for (const agent of this.#agents) agent.recheck(recheck);
  }

  /** Dials no more and lets what is under way end. */
  async drain(options: DrainOptions): Promise<void> {
    this.#stopDialling();
    await Promise.all([...this.#agents].map((agent) => agent.drain(options)));
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  /** Ends dials, waits and agents; resolves when nothing of them is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopDialling();
    await Promise.all([...this.#agents].map((agent) => agent.close()));
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #stopDialling(): void {
    this.#subscription[Symbol.dispose]();
    this.#cancelLook();
    this.#end.abort(new Error("the agent pool was closed"));
    for (const pause of this.#pauses.keys()) pause.end();
  }

  #on(change: TrackerChange): void {
    if (change === "news") {
      this.#backoff.reset();
      const ms = this.#random() * NEWS_MS;
      const now = this.#clock.monotonic();
      if (this.#holdUntil <= now) this.#holdUntil = now + ms;
      for (const pause of this.#pauses.keys()) pause.shorten(ms);
    }
    this.#fill();
  }

  /** Starts attempts while there are places and leases for them. */
  #fill(): void {
    if (this.#end.signal.aborted) return;
    const holdMs = this.#holdUntil - this.#clock.monotonic();
    if (holdMs > 0) return this.#lookAgain(holdMs);
    while (this.#attempts < this.#maxDials) {
      const waiting = [...this.#pauses.values()].filter(({ retry }) => retry);
      const lease = this.#tracker.tryAcquire({ waiting: waiting.length });
      if (!lease) return this.#lookAgain(this.#tracker.dueInMs());
      this.#attempts++;
      this.#keep(this.#attempt(lease));
    }
  }

  /** No dial now: when will there be one, if nothing happens? */
  #lookAgain(ms: number | null): void {
    this.#cancelLook();
    this.#cancelLook = ms === null
      ? () => {}
      : this.#clock.after(ms, () => this.#fill());
  }

  async #attempt(lease: Lease): Promise<void> {
    const { target } = lease;
    const startedAt = this.#clock.monotonic();
    let giveBack: (() => void) | null = () => lease.release();
    try {
      this.#onEvent({ type: "dialling", target });
      const connection = await this.#connect(lease);
      const { proxy } = connection;
      if (this.#end.signal.aborted || !lease.claim(proxy)) {
        this.#keep(connection.close());
        this.#onEvent({ type: "taken", target, proxy });
      } else {
        giveBack = null;
        const ms = this.#clock.monotonic() - startedAt;
        this.#onEvent({ type: "connected", target, proxy, ms });
        this.#keep(this.#serve(connection, lease));
      }
    } catch (error) {
      giveBack = () => lease.failed(messageOf(error));
      if (!this.#end.signal.aborted) {
        this.#onEvent({ type: "failed", target, error });
      }
    }
    // The wait begins before the lease goes back, so that no other place repeats the dial at once.
    const rest = this.#rest({ retry: giveBack !== null });
    giveBack?.();
    await rest;
    this.#attempts--;
    this.#fill();
  }

  #connect({ target, signal }: Lease): Promise<AgentConnection> {
    const dial = async (signal: AbortSignal) =>
      await this.#dial(await this.#aim(target, signal), { signal });
    return dialWithin(dial, {
      clock: this.#clock,
      timeoutMs: this.#timeoutMs,
      signals: [this.#end.signal, signal],
    });
  }

  async #aim(target: LeaseTarget, signal: AbortSignal): Promise<DialTarget> {
    if (target.type === "direct") return target;
    return { type: "balancer", address: await this.#resolve({ signal }) };
  }

  async #serve(connection: AgentConnection, lease: Lease): Promise<void> {
    const agent = new Agent({
      connection,
      lease,
      onGossip: (proxies) =>
        this.#tracker.update(proxies, { from: connection.proxy }),
      onEvent: this.#onEvent,
    });
    this.#agents.add(agent);
    try {
      await agent.run();
    } catch (error) {
      const { proxy } = connection;
      this.#onEvent({ type: "closed", proxy, reason: messageOf(error) });
      await connection.close();
    } finally {
      this.#agents.delete(agent);
    }
  }

  async #rest({ retry }: { retry: boolean }): Promise<void> {
    if (this.#end.signal.aborted) return;
    const pause = new Pause(this.#clock, this.#backoff.next());
    this.#pauses.set(pause, { retry });
    await pause.over;
    this.#pauses.delete(pause);
  }

  #keep(task: Promise<void>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
