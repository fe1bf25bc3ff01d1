import type { AuditDraft } from "../api/audit_event.ts";
import type { Clock } from "../clock.ts";

/** Refusals that are alike and told one by one, within a window. */
const TOLD = 5;
const WINDOW_MS = 60_000;
/** Kinds of refusals that are told apart, within a window. */
const KINDS = 256;
/** Refusals of nobody in particular that are told: so many at once, then one each two minutes. */
const ANONYMOUS_BURST = 1_000;
const ANONYMOUS_INTERVAL_MS = 120_000;

/** A record that stands for so many events. */
export interface CountedDraft {
  draft: AuditDraft;
  repeated: number;
}

interface Kind {
  told: number;
  /** Those that were not told, with the last of them. */
  untold: CountedDraft | null;
}

/**
 * Bounds what refusals and failures take of the log. Of those that are alike (who, from which host,
 * what, which code) the first few of a minute are told, the others counted, and the count is told
 * when the minute is over. Those of nobody in particular have a budget of their own on top, because
 * anybody can cause them from as many addresses as they have: what is over it is counted together.
 */
export class RefusalLimiter implements Disposable {
  readonly #clock: Clock;
  readonly #tell: (counted: CountedDraft) => void;
  readonly #kinds = new Map<string, Kind>();
  #cancel: (() => void) | null = null;
  #disposed = false;
  #tokens = ANONYMOUS_BURST;
  #filledAt: number;

  /** @param tell Takes what is to be recorded. */
  constructor(clock: Clock, tell: (counted: CountedDraft) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#filledAt = clock.now();
  }

  /** Tells the event, now or in a count. Once it is disposed nothing is counted any more. */
  add(draft: AuditDraft): void {
    if (draft.result === "ok" || this.#disposed) {
      return this.#tell({ draft, repeated: 1 });
    }
    const kind = this.#kindOf(draft);
    if (kind.told < TOLD && this.#affords(draft)) {
      kind.told++;
      return this.#tell({ draft, repeated: 1 });
    }
    kind.untold = { draft, repeated: (kind.untold?.repeated ?? 0) + 1 };
  }

  /** Tells what was counted. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#cancel?.();
    this.#close();
  }

  #kindOf(draft: AuditDraft): Kind {
    const { actor, from, action, code } = draft;
    let key = JSON.stringify([actor?.name, hostOf(from), action, code]);
    // A flood from everywhere; users are few.
    if (!this.#kinds.has(key) && this.#kinds.size >= KINDS) {
      key = actor ? "users" : "nobody";
    }
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { told: 0, untold: null };
      this.#kinds.set(key, kind);
      this.#cancel ??= this.#clock.after(WINDOW_MS, () => this.#close());
    }
    return kind;
  }

  #close(): void {
    this.#cancel = null;
    const kinds = [...this.#kinds.values()];
    this.#kinds.clear();
    const surplus: CountedDraft[] = [];
    for (const { untold } of kinds) {
      if (untold === null) continue;
      if (this.#affords(untold.draft)) this.#tell(untold);
      else surplus.push(untold);
    }
    // One a minute, whatever happens: that there is a flood is known.
    const last = surplus.at(-1);
    if (last === undefined) return;
    const repeated = surplus.reduce((sum, one) => sum + one.repeated, 0);
    this.#tell({ draft: last.draft, repeated });
  }

  #affords({ actor }: AuditDraft): boolean {
    if (actor) return true;
    const now = this.#clock.now();
    // A clock that was set back fills nothing.
    const earned = Math.max(0, now - this.#filledAt) / ANONYMOUS_INTERVAL_MS;
    this.#tokens = Math.min(ANONYMOUS_BURST, this.#tokens + earned);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

/** The address without its port, which differs with each connection. */
function hostOf(from: string | null | undefined): string | null {
  return from?.replace(/:\d+$|pid=\d+,/, "") ?? null;
}
