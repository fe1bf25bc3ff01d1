import type { Clock } from "../../lib/clock.ts";
import type { AgentPoolEvent } from "../../lib/tunnel/agent_pool_event.ts";

/** Which node is connected with which proxies, and since when. */
export class Meshes {
  readonly #clock: Clock;
  /** For each node, by proxy: when it was connected first in the connection that lasts. */
  readonly #connected: Map<string, number>[];

  constructor({ clock, nodes }: { clock: Clock; nodes: number }) {
    this.#clock = clock;
    this.#connected = Array.from({ length: nodes }, () => new Map());
  }

  note(node: number, event: AgentPoolEvent): void {
    const connected = this.#connected[node]!;
    if (event.type === "connected") {
      connected.set(event.proxy, this.#clock.monotonic());
    }
    if (event.type === "closed") connected.delete(event.proxy);
  }

  /** Nodes that are not connected with all of these. */
  lacking(proxies: readonly string[]): number[] {
    return [...this.#connected.keys()].filter((node) =>
      !proxies.every((proxy) => this.#connected[node]!.has(proxy))
    );
  }

  /** For each node that has them all: milliseconds from its start to the last of them. */
  timesToFullMesh(
    proxies: readonly string[],
    started: readonly number[],
  ): number[] {
    const lacking = new Set(this.lacking(proxies));
    return this.#connected.flatMap((connected, node) =>
      lacking.has(node)
        ? []
        : [Math.max(...connected.values()) - started[node]!]
    );
  }

  /** For each node and proxy that it is connected with: milliseconds from these moments on. */
  timesToEach(since: ReadonlyMap<string, number>): number[] {
    return this.#connected.flatMap((connected) =>
      [...since].flatMap(([proxy, at]) => {
        const when = connected.get(proxy);
        return when === undefined ? [] : [when - at];
      })
    );
  }
}
