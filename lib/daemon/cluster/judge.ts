import { WorkerError } from "../../api/errors.ts";
import type { PeerJudge } from "../../http/forwarding/passed_certificates.ts";
import type { EventBus } from "../../supervisor/mod.ts";
import type { DaemonEvents } from "../events.ts";
import type { ServerCertificate } from "../server_files.ts";

/** Whom the server trusts and what it shows, as soon as its identity is there. */
export interface Judge extends PeerJudge {
  /** @throws {WorkerError} `UNAVAILABLE` before that. */
  readonly certificate: ServerCertificate;
}

/** Asks the identity that the bus has told of; before there is one, nobody is trusted. */
export function judgeOf(bus: EventBus<DaemonEvents>): Judge {
  const identity = () => {
    const ready = bus.latest("IdentityReady");
    if (ready) return ready.identity;
    throw new WorkerError("UNAVAILABLE", "the server has no certificate yet");
  };
  return {
    verify: (rawDer, usage) => identity().verify(rawDer, usage),
    recheck: (who) => identity().recheck(who),
    get certificate() {
      return identity().certificate;
    },
  };
}
