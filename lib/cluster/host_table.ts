import { getLogger } from "@logtape/logtape";
import type { MemberKind } from "../api/cluster.ts";
import type { Clock } from "../clock.ts";
import { Collection } from "./collection.ts";
import {
  hideHost,
  type HostRecord,
  HostRecordSchema,
  isChanged,
  showHost,
} from "./host_record.ts";
import type { MemberDirectory } from "./member_directory.ts";
import { Silence } from "./silence.ts";
import type { Store } from "./store.ts";

const logger = getLogger(["worker", "cluster"]);

/** When a host was heard of last is written down at most this often, ms. */
const SAVE_SEEN_MS = 60_000;

/** What a {@linkcode HostTable} works with. */
export interface HostTableOptions {
  store: Store;
  directory: MemberDirectory;
  clock: Clock;
  /** Who is silent for so long is offline, ms. */
  offlineAfterMs: number;
}

interface Host {
  record: HostRecord;
  /** When it was heard of last, as the store knows it. */
  savedSeen: number;
}

/**
 * The hosts of a cluster and when they were heard of, shown in a directory and kept in the store: a
 * change at once, that they are alive once a minute.
 */
export class HostTable implements Disposable {
  readonly #directory: MemberDirectory;
  readonly #records: Collection<HostRecord>;
  readonly #silence: Silence;
  readonly #offlineAfterMs: number;
  readonly #hosts = new Map<string, Host>();
  #troubled = false;
  #closed = false;

  constructor({ store, directory, clock, offlineAfterMs }: HostTableOptions) {
    this.#directory = directory;
    this.#records = new Collection(store, "presence/", HostRecordSchema);
    this.#offlineAfterMs = offlineAfterMs;
    this.#silence = new Silence({
      clock,
      afterMs: offlineAfterMs,
      silent: (id) => this.#silent(id),
    });
  }

  /** Reads the hosts of these ids; what is in the store of others goes. */
  async load(ids: ReadonlySet<string>): Promise<void> {
    for (const { value } of await this.#records.list()) {
      if (ids.has(value.id)) this.#show(value);
      else await this.#keep(() => this.#records.remove(value.id));
    }
  }

  get(id: string): HostRecord | undefined {
    return this.#hosts.get(id)?.record;
  }

  *[Symbol.iterator](): Generator<HostRecord> {
    for (const { record } of this.#hosts.values()) yield record;
  }

  /** Shows a host that nobody has heard of, until somebody does. */
  expect(record: HostRecord): void {
    this.#show(record);
  }

  /** A host was heard of, perhaps for the last time. */
  async hear(record: HostRecord): Promise<void> {
    const { id, kind, name, state } = record;
    const before = this.#hosts.get(id);
    if (before?.record.state !== state) {
      if (state === "online") logger.info`the ${kind} ${name} is online`;
      else logger.info`the ${kind} ${name} is offline: it was stopped`;
    }
    const host = this.#show(record, before?.savedSeen);
    const isNew = !before || isChanged(before.record, record);
    if (isNew || record.lastSeen! - host.savedSeen >= SAVE_SEEN_MS) {
      await this.#save(host);
    }
  }

  /** A host is some of what it was no more; one that is nothing is forgotten. */
  lose(id: string, roles: readonly MemberKind[]): HostRecord | undefined {
    const host = this.#hosts.get(id);
    if (!host) return undefined;
    const { record } = host;
    const left = record.roles.filter((role) => !roles.includes(role));
    if (left.length > 0) {
      void this.#save(this.#show({ ...record, roles: left }, host.savedSeen));
      return record;
    }
    this.#hosts.delete(id);
    this.#silence.forget(id);
    hideHost(this.#directory, record, record.roles);
    void this.#keep(() => this.#records.remove(id));
    return record;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#silence[Symbol.dispose]();
  }

  #silent(id: string): void {
    const host = this.#hosts.get(id);
    if (!host) return;
    const { kind, name } = host.record;
    logger.warn`the ${kind} ${name} is offline: not heard of for ${
      this.#offlineAfterMs / 1000
    } s`;
    void this.#save(
      this.#show({ ...host.record, state: "offline" }, host.savedSeen),
    );
  }

  #show(record: HostRecord, savedSeen = record.lastSeen ?? 0): Host {
    const { id, roles, state } = record;
    const before = this.#hosts.get(id)?.record;
    const lost = before?.roles.filter((role) => !roles.includes(role)) ?? [];
    if (before) hideHost(this.#directory, before, lost);
    showHost(this.#directory, record);
    const host = { record, savedSeen };
    this.#hosts.set(id, host);
    if (state === "online") this.#silence.heard(id);
    else this.#silence.forget(id);
    return host;
  }

  #save(host: Host): Promise<void> {
    const { record } = host;
    host.savedSeen = record.lastSeen ?? 0;
    return this.#keep(() => this.#records.put(record.id, record));
  }

  /** Who is there is known without the store: a full disk is no reason to turn members away. */
  async #keep(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled && !this.#closed) {
        logger.error`who is there is not written down: ${
          (error as Error).message
        }`;
      }
      this.#troubled = true;
    }
  }
}
