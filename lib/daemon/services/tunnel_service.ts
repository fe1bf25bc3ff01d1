import type { LiveConfig } from "../../config/live_config.ts";
import { serveTunnel } from "../../http/forwarding/serve_tunnel.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import { AgentPool, tunnelDialler } from "../../tunnel/mod.ts";
import type { Agents } from "../cluster/agents.ts";
import { keepRechecking } from "../cluster/keep_rechecking.ts";
import type { DaemonApp } from "../daemon_app.ts";
import type { DaemonEvents } from "../events.ts";
import { LINGER_MS, type Place } from "../place.ts";

/** What the tunnels of a node are made of. */
export interface TunnelServiceParts {
  live: LiveConfig;
  agents: Agents;
  /** Another server has the node's tunnels until it hands over. */
  replaces: boolean;
  place: Pick<Place, "lingerMs">;
  /** What comes through a tunnel is for it. */
  app: DaemonApp;
  /** The exit context: what is open then is cut. */
  exiting: AbortSignal;
}

/**
 * The way to a node that nobody can connect to: a tunnel to each proxy of the cluster, dialled from
 * here. Another certificate is shown by dialling again, one tunnel beside the other; a proxy whose
 * own counts no more is cut off.
 */
export function tunnelService(
  { live, agents, replaces, place, app, exiting }: TunnelServiceParts,
): Service<DaemonEvents> {
  return {
    name: "tunnel",
    critical: true,
    endless: true,
    needs: ["identity", "job-host", "audit"],
    async run(signal, bus) {
      const { identity } = await bus.waitFor("IdentityReady", { signal });
      await bus.waitFor("JobHostReady", { signal });
      // Proxies have one tunnel of a node. The older server's make way for these, once they drain.
      if (replaces) await bus.waitFor("PlaceTaken", { signal });
      const { name, labels } = live.current;
      const handler = serveTunnel(app.serve, {
        judge: identity,
        onError: (error) => app.noteDefect(error),
      });
      await using pool = new AgentPool({
        dial: tunnelDialler({
          ...{ node: name, labels, handler, verifier: identity },
          credentials: () => identity.certificate,
        }),
        resolve: () => Promise.resolve(anyOf(live.current.proxies)),
        onEvent: (event) => agents.note(event),
      });
      agents.pool = pool;
      using _rechecks = keepRechecking(
        bus,
        () => pool.recheck((who) => identity.recheck(who)),
      );
      using reloads = bus.subscribe("CertificatesReloaded");
      const drainMs = () => live.current.shutdownTimeout;
      void (async () => {
        let { cert } = identity.certificate;
        for await (const { payload } of reloads) {
          if (payload.certificate.cert === cert) continue;
          ({ cert } = payload.certificate);
          void pool.reconnect({ deadlineMs: drainMs(), lingerMs: LINGER_MS });
        }
      })();
      await aborted(signal);
      const drained = pool.drain({
        deadlineMs: drainMs(),
        lingerMs: place.lingerMs,
      });
      await Promise.race([drained, aborted(exiting)]);
      agents.pool = null;
    },
  };
}

/** Asked for each dial, so that one address that is dead holds nobody up. */
function anyOf(addresses: readonly string[]): string {
  return addresses[Math.floor(Math.random() * addresses.length)]!;
}
