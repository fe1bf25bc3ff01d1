import { WorkerError } from "../api/errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type {
  MemberChange,
  MemberStatus,
  NodeStatus,
  ProxyStatus,
} from "../api/presence.ts";
import { NodeIndex } from "./node_index.ts";
import { StatusTable } from "./status_table.ts";

/** What the members of a kind are described by. */
export interface StatusOf {
  node: NodeStatus;
  proxy: ProxyStatus;
  auth: MemberStatus;
}

/** Nodes that an ambiguous selector is answered with. */
const MAX_NAMED = 10;

/** Addresses that a member is told. */
const MAX_SERVERS = 64;

/** How long somebody waits for a server that has just started to know its cluster, ms. */
const KNOWN_WITHIN_MS = 5_000;

/** What a {@linkcode MemberDirectory} begins as. */
export interface MemberDirectoryOptions {
  /** Whether it is complete as it is, and not before `becomeKnown`. @default {true} */
  known?: boolean;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
}

/**
 * The members of a cluster as a server knows them, in memory: nodes, proxies and auth. A host with
 * several roles is in it once for each.
 */
export class MemberDirectory {
  readonly #nodes = new StatusTable<NodeStatus>("node");
  readonly #proxies = new StatusTable<ProxyStatus>("proxy");
  readonly #auths = new Map<string, MemberStatus>();
  readonly #index = new NodeIndex();
  /** Asked for with every heartbeat, and seldom another one. */
  #servers: readonly string[] | null = null;
  readonly #known = Promise.withResolvers<void>();
  readonly #clock: Clock;
  #isKnown: boolean;

  constructor(
    { known = true, clock = SYSTEM_CLOCK }: MemberDirectoryOptions = {},
  ) {
    this.#isKnown = known;
    this.#clock = clock;
  }

  /** All who belong to the cluster are in it, as far as this server can know. */
  becomeKnown(): void {
    this.#isKnown = true;
    this.#known.resolve();
  }

  /**
   * Resolves when `becomeKnown` was called, as it is a moment after a server has started.
   *
   * @throws {WorkerError} `UNAVAILABLE` when that takes too long
   */
  async whenKnown(): Promise<void> {
    if (this.#isKnown) return;
    const late = Promise.withResolvers<void>();
    const cancel = this.#clock.after(KNOWN_WITHIN_MS, late.resolve);
    await Promise.race([this.#known.promise, late.promise]);
    cancel();
    if (this.#isKnown) return;
    throw new WorkerError(
      "UNAVAILABLE",
      "this server has not heard yet who belongs to its cluster: ask again",
    );
  }

  /** All nodes, by name, also those that are offline. */
  nodes(): NodeStatus[] {
    return this.#nodes.list();
  }

  /** All proxies, by name, also those that are offline. */
  proxies(): ProxyStatus[] {
    return this.#proxies.list();
  }

  node(name: string): NodeStatus | undefined {
    return this.#nodes.get(name);
  }

  proxy(name: string): ProxyStatus | undefined {
    return this.#proxies.get(name);
  }

  /** Servers with the role auth, those that are heard of first. */
  auths(): MemberStatus[] {
    return [...this.#auths.values()].sort((a, b) =>
      Number(b.state === "online") - Number(a.state === "online")
    );
  }

  /** `host:port` of servers that can answer for the cluster: auth, proxies, then those offline. */
  servers(): readonly string[] {
    return this.#servers ??= serversOf([
      ...this.#auths.values(),
      ...this.#proxies,
    ]);
  }

  /**
   * The node that `selector` means: its name, its id, its name in other letters, an address
   * (`host:port` or the host alone) or a label (`env=prod`); the first of these that fits decides.
   *
   * @throws {WorkerError} `NOT_FOUND`; `CONFLICT` that lists them when it fits several
   */
  findNode(selector: string): NodeStatus {
    const exact = this.#nodes.get(selector);
    if (exact) return exact;
    const names = this.#index.find(selector);
    const [name] = names;
    if (name !== undefined && names.size === 1) return this.#nodes.get(name)!;
    throw name === undefined
      ? new WorkerError(
        "NOT_FOUND",
        `there is no node "${
          selector.slice(0, 200)
        }" in this cluster; name one by its name, id, address or label, as the list of nodes shows them`,
      )
      : this.#ambiguous(selector, names);
  }

  /** The nodes that have all of these labels, each as `env=prod`; by name. */
  nodesWith(labels: readonly string[]): NodeStatus[] {
    if (labels.length === 0) return this.nodes();
    const [first, ...others] = labels.map((pair) => this.#index.label(pair))
      .sort((a, b) => a.size - b.size);
    return [...first!]
      .filter((name) => others.every((names) => names.has(name)))
      .sort().map((name) => this.#nodes.get(name)!);
  }

  /** All of a kind, then `synced`, then what changes; see {@linkcode StatusTable.watch}. */
  watch<K extends "node" | "proxy">(
    kind: K,
    options: { signal: AbortSignal },
  ): AsyncGenerator<MemberChange<StatusOf[K]>, void, void> {
    const table = kind === "node" ? this.#nodes : this.#proxies;
    return table.watch(options) as never;
  }

  setNode(status: NodeStatus): void {
    this.#index.replace(this.#nodes.set(status), status);
    this.#noteAuth(status);
  }

  setProxy(status: ProxyStatus): void {
    this.#proxies.set(status);
    this.#servers = null;
    this.#noteAuth(status);
  }

  /** An auth server that may be nothing else: for its addresses. */
  setAuth(status: MemberStatus): void {
    this.#auths.set(status.id, status);
    this.#servers = null;
  }

  /** Takes a member away as what it is no longer. */
  remove(kind: keyof StatusOf, name: string): void {
    if (kind === "node") {
      const node = this.#nodes.remove(name);
      this.#index.replace(node, undefined);
      if (node) this.#forgetAuth(node);
    } else if (kind === "proxy") {
      const proxy = this.#proxies.remove(name);
      if (proxy) this.#forgetAuth(proxy);
    } else {
      for (const auth of this.#auths.values()) {
        if (auth.name === name) this.#forgetAuth(auth);
      }
    }
    this.#servers = null;
  }

  #noteAuth(status: MemberStatus): void {
    if (status.roles.includes("auth")) this.setAuth(status);
    else this.#forgetAuth(status);
  }

  #forgetAuth({ id }: MemberStatus): void {
    if (this.#auths.delete(id)) this.#servers = null;
  }

  #ambiguous(selector: string, names: ReadonlySet<string>): WorkerError {
    const some = [...names].sort().slice(0, MAX_NAMED).map((name) =>
      `"${name}" (${this.#nodes.get(name)!.id})`
    );
    const more = names.size - some.length;
    return new WorkerError(
      "CONFLICT",
      `"${selector}" fits ${names.size} nodes: ${some.join(", ")}${
        more > 0 ? ` and ${more} more` : ""
      }; name one of them`,
    );
  }
}

/** Those that are heard of first; a host that is both is named once. */
function serversOf(members: readonly MemberStatus[]): string[] {
  const ordered = (["online", "offline"] as const).flatMap((state) =>
    members.filter((member) => member.state === state)
  );
  const addresses = ordered.flatMap(({ addresses }) => addresses);
  return [...new Set(addresses)].slice(0, MAX_SERVERS);
}
