import { getLogger } from "@logtape/logtape";
import {
  byLabel,
  counter,
  gauge,
  type Metric,
} from "../../http/metrics/mod.ts";
import type { AgentPool, AgentPoolEvent } from "../../tunnel/mod.ts";

const logger = getLogger(["worker", "tunnel"]);

/** How dials end. */
type DialEnd = Extract<
  AgentPoolEvent["type"],
  "connected" | "taken" | "failed"
>;

/** The tunnels that a node keeps to the proxies: what is known of them, logged and counted. */
export class Agents {
  /** Called when there are tunnels to other proxies than before. */
  onChange: () => void = () => {};
  /** While the node's daemon serves; else null. */
  pool: AgentPool | null = null;
  readonly #dials: Record<DialEnd, number> = {
    connected: 0,
    taken: 0,
    failed: 0,
  };
  #closed = 0;
  /** Of the failure that was logged last: a cluster that is away is not told again and again. */
  #failure: string | null = null;

  /** Logs and counts what happens in the pool. */
  note(event: AgentPoolEvent): void {
    switch (event.type) {
      case "connected":
        this.#dials.connected++;
        this.onChange();
        this.#failure = null;
        logger.info`connected to the proxy ${event.proxy} (${
          event.target.type === "direct" ? "its own address" : "balancer"
        }, ${Math.round(event.ms)} ms)`;
        break;
      case "taken":
        this.#dials.taken++;
        logger
          .debug`reached the proxy ${event.proxy}, which is connected already`;
        break;
      case "failed": {
        this.#dials.failed++;
        const { message } = event.error as Error;
        if (message === this.#failure) logger.debug`${message}`;
        else logger.warn`${message}`;
        this.#failure = message;
        break;
      }
      case "draining":
        logger.info`the tunnel to the proxy ${event.proxy} takes nothing new`;
        break;
      case "closed":
        this.#closed++;
        this.onChange();
        if (event.reason === null) {
          logger.info`the tunnel to the proxy ${event.proxy} was closed`;
        } else {
          logger
            .warn`the tunnel to the proxy ${event.proxy} was cut: ${event.reason}`;
        }
    }
  }

  /** For `/metrics` of a node. */
  metrics(): Metric[] {
    const snapshot = () => this.pool?.snapshot();
    return [
      counter("worker_tunnel_dials_total", {
        help:
          "Dials for tunnels, by how they ended; `taken` reached a proxy that had one.",
        collect: () => byLabel("end", this.#dials),
      }),
      counter("worker_tunnels_closed_total", {
        help: "Tunnels that ended.",
        collect: () => this.#closed,
      }),
      gauge("worker_tunnel_dials_in_flight", {
        help: "Dials under way.",
        collect: () => snapshot()?.inFlight ?? 0,
      }),
      gauge("worker_tunnel_claims", {
        help: "Proxies that there is a tunnel to.",
        collect: () => snapshot()?.claimed.length ?? 0,
      }),
      gauge("worker_tunnel_proxies", {
        help: "Proxies that gossip has told of, by what they are to this node.",
        collect: () => {
          const states = {
            claimed: 0,
            in_flight: 0,
            missing: 0,
            dormant: 0,
            outdated: 0,
          };
          for (const { state } of snapshot()?.proxies ?? []) states[state]++;
          return byLabel("state", states);
        },
      }),
      gauge("worker_tunnel_gossip_age_seconds", {
        help: "Since a proxy told of the proxies that there are.",
        collect: () => {
          const ages = snapshot()?.proxies.map((each) => each.mentionedMsAgo);
          return ages?.length ? Math.min(...ages) / 1000 : NaN;
        },
      }),
    ];
  }
}
