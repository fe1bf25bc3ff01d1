import type { TunnelDiscovery } from "../../api/tunnel_status.ts";
import type { AuditLog } from "../../audit/mod.ts";
import type { MemberDirectory } from "../../cluster/mod.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import type { Metric } from "../../http/metrics/mod.ts";
import { describeVerdict, TunnelServer } from "../../tunnel/mod.ts";
import { Agents } from "./agents.ts";
import { proxyList } from "./proxy_list.ts";
import { TunnelLog } from "./tunnel_log.ts";

/** What the tunnels of a daemon are made of. */
export interface TunnelsParts {
  live: LiveConfig;
  directory: MemberDirectory;
  audit: AuditLog;
}

/** The tunnels of a daemon: those that a proxy takes, or those that a node dials. */
export class Tunnels {
  /** Null for a server that is no proxy. */
  readonly server: TunnelServer | null;
  /** Null for a server that is no node, or one that others can connect to. */
  readonly agents: Agents | null;
  readonly #live: LiveConfig;
  readonly #log: TunnelLog;

  constructor({ live, directory, audit }: TunnelsParts) {
    const { roles, name, publicAddrs, deployment, proxies } = live.current;
    this.#live = live;
    this.#log = new TunnelLog(audit);
    const own = { id: name, addresses: publicAddrs, ...deployment };
    this.server = roles.includes("proxy")
      ? new TunnelServer({
        proxy: name,
        proxies: () => proxyList(directory.proxies(), own),
        log: (event) => this.#log.note(event),
      })
      : null;
    const dials = roles.includes("node") && !roles.includes("proxy") &&
      publicAddrs.length === 0 && proxies.length > 0;
    this.agents = dials ? new Agents() : null;
  }

  /** How a node looks for its proxies; null when it dials none. */
  discovery(): TunnelDiscovery | null {
    const snapshot = this.agents?.pool?.snapshot();
    if (!snapshot) return null;
    const { verdict, ...agents } = snapshot;
    return {
      agents: structuredClone(agents) as TunnelDiscovery["agents"],
      verdict: { kind: verdict.type, message: describeVerdict(verdict) },
      proxies: [...this.#live.current.proxies],
    };
  }

  metrics(): Metric[] {
    return [
      ...this.server ? this.#log.metrics(this.server.registry) : [],
      ...this.agents?.metrics() ?? [],
    ];
  }
}
