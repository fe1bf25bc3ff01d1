import type { MemberChange, NodeStatus } from "../../lib/api/presence.ts";

/** The nodes that a watched stream has told of. */
export class NodeTable {
  #nodes = new Map<string, NodeStatus>();
  /** While a stream tells what is there: what it has told; null from then on. */
  #incoming: Map<string, NodeStatus> | null = new Map();

  /** By name. */
  get nodes(): NodeStatus[] {
    return [...this.#nodes.values()].sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** A stream begins, which tells of all nodes again. */
  restart(): void {
    this.#incoming = new Map();
  }

  /** @returns whether the nodes are others now; not before the stream has told of all of them. */
  apply(change: MemberChange<NodeStatus>): boolean {
    if (change.type === "synced") {
      if (this.#incoming !== null) this.#nodes = this.#incoming;
      this.#incoming = null;
      return true;
    }
    const nodes = this.#incoming ?? this.#nodes;
    if (change.type === "removed") nodes.delete(change.name);
    else nodes.set(change.name, withoutType(change));
    return this.#incoming === null;
  }
}

function withoutType<S extends { type: string }>(change: S): Omit<S, "type"> {
  const { type: _, ...status } = change;
  return status;
}
