import type { NodeStatus } from "../api/presence.ts";
import { hostOf } from "./host_of.ts";

/** By what a node can be found besides its name; the first that fits anything decides. */
const WAYS = ["id", "alike", "address", "label"] as const;

type Way = (typeof WAYS)[number];

/**
 * Names of nodes by id, by their name in lower case, by address and its host, and by label. A
 * look-up takes the same time however many nodes there are.
 */
export class NodeIndex {
  readonly #names: Record<Way, Map<string, Set<string>>> = {
    id: new Map(),
    alike: new Map(),
    address: new Map(),
    label: new Map(),
  };

  /** Takes a node in the place of what it was before. */
  replace(before: NodeStatus | undefined, now: NodeStatus | undefined): void {
    for (const way of WAYS) {
      const old = before ? keysOf(before, way) : [];
      const keys = now ? keysOf(now, way) : [];
      if (now && before?.name === now.name && old.join() === keys.join()) {
        continue;
      }
      for (const key of old) this.#remove(way, key, before!.name);
      for (const key of keys) this.#add(way, key, now!.name);
    }
  }

  /** Names of the nodes that a selector means; none when it means nothing that is there. */
  find(selector: string): ReadonlySet<string> {
    const lower = selector.toLowerCase();
    const host = hostOf(lower);
    const found = this.#names.id.get(lower) ?? this.#names.alike.get(lower) ??
      this.#names.address.get(lower) ??
      // A port that was named has to be the node's.
      (host === unbracketed(lower)
        ? this.#names.address.get(host)
        : undefined) ??
      this.label(selector);
    return found;
  }

  /** Names of the nodes with a label, as `env=prod`. */
  label(pair: string): ReadonlySet<string> {
    return this.#names.label.get(pair) ?? NOBODY;
  }

  #add(way: Way, key: string, name: string): void {
    const names = this.#names[way].get(key);
    if (names) names.add(name);
    else this.#names[way].set(key, new Set([name]));
  }

  #remove(way: Way, key: string, name: string): void {
    const names = this.#names[way].get(key);
    names?.delete(name);
    if (names?.size === 0) this.#names[way].delete(key);
  }
}

const NOBODY: ReadonlySet<string> = new Set();

function keysOf(node: NodeStatus, way: Way): string[] {
  switch (way) {
    case "id":
      return [node.id.toLowerCase()];
    case "alike":
      return [node.name.toLowerCase()];
    case "address": {
      const addresses = node.addresses.map((each) => each.toLowerCase());
      return [...new Set([...addresses, ...addresses.map(hostOf)])];
    }
    case "label":
      return Object.entries(node.labels).map(([key, value]) =>
        `${key}=${value}`
      ).sort();
  }
}

function unbracketed(text: string): string {
  return text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
}
