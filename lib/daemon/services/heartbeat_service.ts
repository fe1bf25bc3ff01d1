import { getLogger } from "@logtape/logtape";
import { certificatesOfPem, identityOf } from "../../../certs/mod.ts";
import type { Heartbeat, HeartbeatAnswer } from "../../api/presence.ts";
import { HeartbeatAnswerSchema } from "../../api/presence_schema.ts";
import { revocationDigest } from "../../cluster/mod.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { PeerLinks } from "../../tunnel/mod.ts";
import type { AuthPart } from "../cluster/auth_part.ts";
import type { DaemonEvents } from "../events.ts";
import { Heart } from "../cluster/heart.ts";
import type { KnownServers } from "../cluster/known_servers.ts";
import type { MemberRenewal } from "../cluster/member_renewal.ts";
import {
  ownHeartbeat,
  type OwnHeartbeatParts,
} from "../cluster/own_heartbeat.ts";
import type { Place } from "../place.ts";
import type { ServerIdentity } from "../server_identity.ts";
import type { Tunnels } from "../cluster/tunnels.ts";
import { takeAuthorities } from "../cluster/take_authorities.ts";

const logger = getLogger(["worker", "cluster"]);

/** Who leaves waits so long for auth to hear of it, ms. */
const LEAVE_WITHIN_MS = 500;

/** Who takes the heartbeats. */
export type HeartbeatsTo =
  /** This very server. */
  | { type: "self"; auth: AuthPart }
  | {
    type: "cluster";
    links: Pick<PeerLinks, "call">;
    servers: KnownServers;
    renewal: Pick<MemberRenewal, "renewNow">;
  };

/** What {@linkcode heartbeatService} needs. */
export interface HeartbeatServiceParts
  extends Omit<OwnHeartbeatParts, "instance"> {
  to: HeartbeatsTo;
  tunnels: OwnHeartbeatParts["tunnels"] & Pick<Tunnels, "agents">;
  place: Pick<Place, "handedOver">;
  /** The exit context: then it leaves without a word. */
  exiting: AbortSignal;
}

/**
 * Says to auth that this member is there, and does what its answers say: whom to trust, what is
 * revoked, whether to renew, where servers are. While auth is away all goes on as it is. The last
 * heartbeat says that the member leaves, unless another server has its place.
 */
export function heartbeatService(
  { to, place, exiting, ...parts }: HeartbeatServiceParts,
): Service<DaemonEvents> {
  return {
    name: "heartbeat",
    endless: true,
    needs: ["identity", ...to.type === "self" ? ["cluster"] : []],
    async run(signal, bus) {
      const { identity } = await bus.waitFor("IdentityReady", { signal });
      await bus.waitFor("ProcessReady", { signal });
      // Two servers of one host would contradict each other.
      await bus.waitFor("PlaceTaken", { signal });
      if (to.type === "self") await bus.waitFor("AuthReady", { signal });
      const instance = crypto.randomUUID();
      const { stateDir } = parts.live.current;
      // It may have more on its list than auth tells: then what it was told last is compared.
      let told = revocationDigest(identity.revocations.entries);
      const say = async (leaving: boolean, signal: AbortSignal) => {
        const { certificate } = identity;
        const heartbeat = await ownHeartbeat({ ...parts, instance }, {
          ...{ certificate, revocations: told, leaving },
        });
        return await send(heartbeat, { to, identity, signal });
      };
      const heart = new Heart({
        async beat(signal) {
          const answer = await say(false, signal);
          if (to.type === "self") return answer.intervalMs;
          await to.servers.remember(answer.servers);
          if (answer.ca && await takeAuthorities(stateDir, answer.ca)) {
            logger.info`the authorities of the cluster changed`;
            await identity.reload();
          }
          if (answer.revocations) {
            const { digest, list } = answer.revocations;
            await identity.revocations.add(list);
            told = digest;
          }
          if (answer.renew) to.renewal.renewNow();
          return answer.intervalMs;
        },
      });
      const { agents } = parts.tunnels;
      if (agents) agents.onChange = () => heart.changed();
      using reloads = bus.subscribe("CertificatesReloaded");
      void (async () => {
        for await (const _ of reloads) heart.changed();
      })();
      // Whoever is gone may have been revoked, which this member is to know soon.
      using removed = bus.subscribe("MemberGone");
      void (async () => {
        for await (const _ of removed) heart.changed();
      })();
      await heart.run({ signal });
      // Whoever is auth itself has nobody left to tell.
      if (to.type === "self" || place.handedOver || !heart.taken) return;
      const timeout = AbortSignal.timeout(LEAVE_WITHIN_MS);
      try {
        await say(true, AbortSignal.any([exiting, timeout]));
      } catch (error) {
        logger.debug`auth was not told that this host leaves: ${
          (error as Error).message
        }`;
      }
    },
  };
}

async function send(
  heartbeat: Heartbeat,
  { to, identity, signal }: {
    to: HeartbeatsTo;
    identity: ServerIdentity;
    signal: AbortSignal;
  },
): Promise<HeartbeatAnswer> {
  if (to.type === "self") {
    const [der] = certificatesOfPem(
      identity.certificate.cert,
      "the server's certificate",
    );
    return await to.auth.services.presence.accept(identityOf(der!), heartbeat);
  }
  const answer = await to.links.call({
    method: "POST",
    path: "/v1/heartbeats",
    body: heartbeat,
    signal,
  }, { servers: () => to.servers.list() });
  return HeartbeatAnswerSchema.parse(answer);
}
