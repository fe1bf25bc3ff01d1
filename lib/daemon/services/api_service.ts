import type { LiveConfig } from "../../config/live_config.ts";
import { TlsListener } from "../../http/listener/listener.ts";
import type { ListeningSocket } from "../../linux/listening_socket.ts";
import { formatSocketAddress } from "../../linux/socket_address.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { TunnelServer } from "../../tunnel/mod.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { DaemonApp } from "../daemon_app.ts";
import type { DaemonEvents } from "../events.ts";
import type { Place } from "../place.ts";

/** Each node of a cluster has one for good. Who has no good certificate is limited apart. */
const PROXY_CONNECTIONS = 16 * 1024;

/** What the network listener is made of. */
export interface ApiServiceParts {
  app: DaemonApp;
  live: LiveConfig;
  /** Closed as soon as it stops to accept. None when the server is reached through tunnels. */
  sockets: readonly ListeningSocket[];
  /** Takes the tunnels of nodes; null for a server that is no proxy. */
  tunnels: TunnelServer | null;
  place: Place;
  /** The exit context: what is open then is cut. */
  exiting: AbortSignal;
}

/** The API on the network: accepts until it is asked to stop, then lets open requests end. */
export function apiService(parts: ApiServiceParts): Service<DaemonEvents> {
  const { app, live, sockets, tunnels, place, exiting } = parts;
  return {
    name: "api",
    critical: true,
    endless: true,
    needs: ["identity", ...app.needs, "audit"],
    async run(signal, bus) {
      const { identity } = await bus.waitFor("IdentityReady", { signal });
      await using listener = await TlsListener.listen({
        sockets,
        ...identity.certificate,
        verify: (raw) => identity.verify(raw),
        recheck: (who) => identity.recheck(who),
        handler: app.serve,
        ...tunnels && {
          tunnel: (connection) => tunnels.accept(connection),
          connect: (request) => app.connect.accept(request),
          limits: { maxConnections: PROXY_CONNECTIONS },
        },
        log: (event) => app.note(event),
      });
      app.watch(listener);
      using reloads = bus.subscribe("CertificatesReloaded");
      void (async () => {
        for await (const { payload } of reloads) {
          listener.replaceCertificate(payload.certificate);
          listener.cutRevoked();
        }
      })();
      bus.broadcast("ApiReady", {
        addresses: listener.addresses.map(formatSocketAddress),
      });
      await aborted(signal);
      const { shutdownTimeout: deadlineMs } = live.current;
      // First, so that nodes know whether they are to come back.
      const { handedOver: returns, lingerMs } = place;
      const drained = Promise.all([
        tunnels?.drain({ deadlineMs, returns, lingerMs }),
        listener.close({ deadlineMs, lingerMs }),
      ]);
      // While one listens, the kernel lets everybody connect, to wait for an answer in vain.
      for (const socket of sockets) socket[Symbol.dispose]();
      await Promise.race([drained, aborted(exiting)]);
    },
  };
}
