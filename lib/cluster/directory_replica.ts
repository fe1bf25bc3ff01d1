import { getLogger } from "@logtape/logtape";
import type {
  MemberChange,
  MemberStatus,
  NodeStatus,
  ProxyStatus,
} from "../api/presence.ts";
import { NodeChangeSchema, ProxyChangeSchema } from "../api/presence_schema.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { DirectoryFile } from "./directory_file.ts";
import type { MemberDirectory } from "./member_directory.ts";

const logger = getLogger(["worker", "cluster"]);

/** What is watched, in messages. */
const PLURAL = { node: "nodes", proxy: "proxies" } as const;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** What a {@linkcode DirectoryReplica} works with. */
export interface DirectoryReplicaOptions {
  directory: MemberDirectory;
  /** The file in which what is known outlives a restart; its folder has to be there. */
  path: string;
  /** Opens a watch of auth: a value a line. */
  open(
    path: string,
    options: { signal: AbortSignal },
  ): Promise<AsyncIterable<unknown>>;
  /** Called when a member is there no more. */
  removed?: (kind: "node" | "proxy", name: string) => void;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
  /** A number in [0, 1). @default {Math.random} */
  random?: () => number;
}

/**
 * Keeps a directory as that of auth is, by watching it. While auth is away, and after a restart
 * without it, the directory stays as it was heard of last.
 */
export class DirectoryReplica {
  readonly #options: DirectoryReplicaOptions;
  readonly #clock: Clock;
  readonly #file: DirectoryFile;
  /** Which watches are cut off: an outage is logged once. */
  readonly #away = new Set<string>();
  /** Which watches have told all there is, once. */
  readonly #synced = new Set<string>();

  constructor(options: DirectoryReplicaOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#file = new DirectoryFile({
      path: options.path,
      directory: options.directory,
      clock: this.#clock,
    });
  }

  /** Goes on until `signal` aborts. Never rejects. */
  async run({ signal }: { signal: AbortSignal }): Promise<void> {
    await using file = this.#file;
    await file.load();
    const { directory } = this.#options;
    await Promise.all([
      this.#follow<NodeStatus>({
        kind: "node",
        path: "/v1/nodes?watch=true",
        parse: (value) => NodeChangeSchema.parse(value),
        names: () => directory.nodes(),
        set: (status) => directory.setNode(status),
      }, signal),
      this.#follow<ProxyStatus>({
        kind: "proxy",
        path: "/v1/proxies?watch=true",
        parse: (value) => ProxyChangeSchema.parse(value),
        names: () => directory.proxies(),
        set: (status) => directory.setProxy(status),
      }, signal),
    ]);
  }

  async #follow<S extends MemberStatus>(
    watch: Watch<S>,
    signal: AbortSignal,
  ): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#once(watch, {
          signal,
          synced: () => {
            failures = 0;
            this.#cameBack(watch.kind);
          },
        });
        throw new Error("the server ended it");
      } catch (error) {
        if (signal.aborted) return;
        this.#lost(watch.kind, error as Error);
      }
      const wait = Math.min(FIRST_WAIT_MS * 2 ** failures++, LONGEST_WAIT_MS);
      const { random = Math.random } = this.#options;
      await this.#sleep(wait * (0.5 + random() / 2), signal);
    }
  }

  /** One watch, from its beginning to its end. */
  async #once<S extends MemberStatus>(
    { kind, path, parse, names, set }: Watch<S>,
    { signal, synced }: { signal: AbortSignal; synced: () => void },
  ): Promise<void> {
    const told = new Set<string>();
    let complete = false;
    for await (const value of await this.#options.open(path, { signal })) {
      const change = parse(value);
      if (change.type === "synced") {
        // Whoever was not told is gone since the last time.
        for (const { name } of names()) {
          if (!told.has(name)) this.#remove(kind, name);
        }
        complete = true;
        synced();
        this.#synced.add(kind);
        if (this.#synced.size === Object.keys(PLURAL).length) {
          this.#options.directory.becomeKnown();
        }
      } else if (change.type === "removed") this.#remove(kind, change.name);
      else {
        const { type: _, ...status } = change;
        if (!complete) told.add(change.name);
        set(status as unknown as S);
      }
      this.#file.changed();
    }
  }

  #remove(kind: "node" | "proxy", name: string): void {
    this.#options.directory.remove(kind, name);
    this.#options.removed?.(kind, name);
  }

  #lost(kind: "node" | "proxy", { message }: Error): void {
    if (this.#away.has(kind)) return;
    this.#away.add(kind);
    logger
      .warn`auth can't be watched, what is known of ${
      PLURAL[kind]
    } stays as it is: ${message}`;
  }

  #cameBack(kind: "node" | "proxy"): void {
    if (this.#away.delete(kind)) {
      logger.info`auth is watched for ${PLURAL[kind]} again`;
    }
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(ms, resolve);
    const wake = () => resolve();
    signal.addEventListener("abort", wake, { once: true });
    return promise.finally(() => {
      cancel();
      signal.removeEventListener("abort", wake);
    });
  }
}

/** What is watched, and what is done with it. */
interface Watch<S extends MemberStatus> {
  kind: "node" | "proxy";
  path: string;
  parse(value: unknown): MemberChange<S>;
  names(): readonly MemberStatus[];
  set(status: S): void;
}
