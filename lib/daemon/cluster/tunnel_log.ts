import { getLogger } from "@logtape/logtape";
import type { Identity } from "../../../certs/identity.ts";
import type { AuditActor } from "../../api/audit_event.ts";
import type { AuditLog } from "../../audit/mod.ts";
import {
  byLabel,
  counter,
  gauge,
  type Metric,
} from "../../http/metrics/mod.ts";
import type { TunnelEvent, TunnelRegistry } from "../../tunnel/mod.ts";

const logger = getLogger(["worker", "tunnel"]);

/** What happens to the tunnels of a proxy: logged, counted, and recorded when refused. */
export class TunnelLog {
  readonly #audit: AuditLog;
  readonly #events: Record<TunnelEvent["type"], number> = {
    opened: 0,
    closed: 0,
    abandoned: 0,
    refused: 0,
  };

  constructor(audit: AuditLog) {
    this.#audit = audit;
  }

  note(event: TunnelEvent): void {
    this.#events[event.type]++;
    const { remoteAddress: from } = event;
    switch (event.type) {
      case "refused":
        this.#noteRefusal(event);
        break;
      case "opened":
        logger.info`the node ${event.node} is connected from ${from}`;
        break;
      case "abandoned":
        logger
          .debug`the node ${event.node} has a tunnel, and dialled again from ${from}`;
        break;
      case "closed":
        if (event.reason === null) {
          logger.info`the tunnel of the node ${event.node} was closed`;
        } else {
          logger
            .warn`the tunnel of the node ${event.node} was cut: ${event.reason}`;
        }
    }
  }

  #noteRefusal(
    { code, identity, message, remoteAddress: from }: TunnelEvent & {
      type: "refused";
    },
  ): void {
    // Whoever dials a proxy that shuts down has done nothing wrong.
    if (code === "UNAVAILABLE") {
      return logger.info`no tunnel for ${from}: ${message}`;
    }
    logger.warn`no tunnel for ${from}: ${message}`;
    this.#audit.record({
      actor: identity && actorOf(identity),
      ...{ from, action: "tunnel.open", result: "refused", code, message },
    });
  }

  /** For `/metrics` of a proxy. */
  metrics(registry: TunnelRegistry): Metric[] {
    return [
      gauge("worker_tunnels", {
        help: "Nodes that are connected by a tunnel.",
        collect: () => registry.size,
      }),
      gauge("worker_tunnel_requests", {
        help: "Requests under way through tunnels.",
        collect: () =>
          registry.list().reduce((sum, { requests }) => sum + requests, 0),
      }),
      gauge("worker_tunnel_backlog_bytes", {
        help: "Bytes that nodes have not taken yet.",
        collect: () =>
          registry.list().reduce((sum, { backlog }) => sum + backlog, 0),
      }),
      counter("worker_tunnel_events_total", {
        help:
          "Tunnels that were opened, closed and refused, and dials by nodes that had one.",
        collect: () => byLabel("event", this.#events),
      }),
    ];
  }
}

function actorOf({ name, roles, kind, fingerprint }: Identity): AuditActor {
  return { name, roles, kind, certificate: fingerprint };
}
