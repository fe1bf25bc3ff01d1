/** What a lease asks to be dialled: the balancer, or a proxy that is missing at its own addresses. */
export type LeaseTarget =
  | { readonly type: "balancer" }
  | {
    readonly type: "direct";
    readonly proxy: string;
    /** `host:port`, to be tried in this order. */
    readonly addresses: readonly string[];
  };

/** How a lease ended. `overdue` is the watchdog's. */
export type LeaseEnd =
  | { readonly type: "released" | "draining" | "overdue" }
  | { readonly type: "failed"; readonly reason: string };

/** Who gave the lease and hears of it. */
export interface LeaseOwner {
  claim(lease: Lease, proxy: string): boolean;
  /** Called once, when the lease is released already; `claimed` is the proxy that it had, if any. */
  release(lease: Lease, last: { end: LeaseEnd; claimed: string | null }): void;
}

/** State of a lease. `released` is final. */
export type LeaseState =
  | { readonly type: "unclaimed" }
  | { readonly type: "claimed"; readonly proxy: string }
  | { readonly type: "released" };

/**
 * Permission to dial once, and then the exclusive claim on the proxy that was reached. It is given
 * back exactly once, whatever happens; giving it back again does nothing.
 */
export class Lease implements Disposable {
  readonly target: LeaseTarget;
  readonly #owner: LeaseOwner;
  readonly #overdue = new AbortController();
  #state: LeaseState = { type: "unclaimed" };

  constructor(target: LeaseTarget, owner: LeaseOwner) {
    this.target = target;
    this.#owner = owner;
  }

  get state(): LeaseState {
    return this.#state;
  }

  /** Aborts when the lease is taken back because it stayed unclaimed for too long. */
  get signal(): AbortSignal {
    return this.#overdue.signal;
  }

  /**
   * Claims a proxy; false when another lease has it, or when this one was taken back meanwhile:
   * then the connection is to be closed and the lease given back.
   *
   * @throws {Error} when it claimed one before: a lease is for one connection.
   */
  claim(proxy: string): boolean {
    if (this.#state.type === "claimed") {
      throw new Error(
        `cannot claim "${proxy}": this lease has claimed "${this.#state.proxy}"; ask for another lease`,
      );
    }
    if (this.#state.type === "released") return false;
    if (!this.#owner.claim(this, proxy)) return false;
    this.#state = { type: "claimed", proxy };
    return true;
  }

  /** Gives it back: the dial ended at a proxy that was claimed, or the connection is closed. */
  release(): void {
    this.#end({ type: "released" });
  }

  /** Gives it back because nothing was reached, or what was reached has cut the connection. */
  failed(reason: string): void {
    this.#end({ type: "failed", reason });
  }

  /** Gives it back while the connection lives on: its proxy takes no new work. */
  drain(): void {
    this.#end({ type: "draining" });
  }

  /** Takes it back from a holder who neither claimed nor released it in time. */
  expire(): void {
    if (this.#state.type !== "unclaimed") return;
    this.#end({ type: "overdue" });
    this.#overdue.abort(
      new Error("the lease was taken back: it stayed unclaimed for too long"),
    );
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #end(end: LeaseEnd): void {
    const before = this.#state;
    if (before.type === "released") return;
    this.#state = { type: "released" };
    const claimed = before.type === "claimed" ? before.proxy : null;
    this.#owner.release(this, { end, claimed });
  }
}
