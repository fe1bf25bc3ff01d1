import type { MemberChange, MemberStatus } from "../api/presence.ts";
import { ChangeFeed } from "../change_feed.ts";

/** That a member is heard of is told to those who watch at most this often, ms. */
const TELL_SEEN_MS = 60_000;

interface Entry<S> {
  status: S;
  /** What watchers know: all but what changes with every heartbeat. */
  told: string;
  /** When it was heard of last, as watchers know it: ms since the epoch. */
  toldSeen: number;
}

/**
 * The members of one kind by name, and who watches them. What only says that a member is alive
 * (`lastSeen`, `load`) is told once a minute: ten thousand nodes would be a thousand lines a second.
 */
export class StatusTable<S extends MemberStatus> {
  readonly #entries = new Map<string, Entry<S>>();
  readonly #changes = new ChangeFeed<MemberChange<S>>(
    (change) => change.type === "synced" ? null : change.name,
  );
  readonly #type: "node" | "proxy";

  constructor(type: "node" | "proxy") {
    this.#type = type;
  }

  get(name: string): S | undefined {
    return this.#entries.get(name)?.status;
  }

  /** All, by name. */
  list(): S[] {
    return [...this.#entries.values()].map(({ status }) => status)
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): Generator<S> {
    for (const { status } of this.#entries.values()) yield status;
  }

  /** Puts a member there as it is now; answers what was there. */
  set(status: S): S | undefined {
    const { name, lastSeen } = status;
    const entry = this.#entries.get(name);
    const before = entry?.status;
    const stable = JSON.stringify({ ...status, lastSeen: null, load: null });
    const seen = lastSeen === null ? 0 : Date.parse(lastSeen);
    if (entry?.told === stable && seen - entry.toldSeen < TELL_SEEN_MS) {
      entry.status = status;
      return before;
    }
    this.#entries.set(name, { status, told: stable, toldSeen: seen });
    this.#changes.tell({ type: this.#type, ...status });
    return before;
  }

  /** What was there; undefined when nothing was. */
  remove(name: string): S | undefined {
    const status = this.get(name);
    if (!this.#entries.delete(name)) return undefined;
    this.#changes.tell({ type: "removed", name });
    return status;
  }

  /**
   * All members, then `synced`, then what changes, until `signal` aborts. Of a member that changes
   * faster than the reader reads, only the last change is told.
   */
  watch(
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<MemberChange<S>, void, void> {
    return this.#changes.watch({ initial: () => this.#all(), signal });
  }

  *#all(): Generator<MemberChange<S>> {
    for (const status of this.list()) yield { type: this.#type, ...status };
    yield { type: "synced" };
  }
}
