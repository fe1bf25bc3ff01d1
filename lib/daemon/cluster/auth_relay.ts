import { WorkerError } from "../../api/errors.ts";
import type { MemberDirectory } from "../../cluster/mod.ts";
import type { PassOn } from "../../http/forwarding/node_router.ts";
import { expectServer } from "../../tunnel/expect_server.ts";
import type { PeerLinks } from "../../tunnel/mod.ts";

/** Where auth may be. */
export interface AuthRelayParts {
  links: Pick<PeerLinks, "connect">;
  directory: Pick<MemberDirectory, "auths">;
  /** Servers that the cluster has told of, auth first: as long as the directory knows no auth. */
  servers(): readonly string[];
  /** This server's own addresses. */
  own(): readonly string[];
}

/** Asks auth, wherever it is. */
export function authRelay(
  { links, directory, servers, own }: AuthRelayParts,
): PassOn {
  return async (request) => {
    const auths = directory.auths().flatMap(({ addresses }) => addresses);
    const known = auths.length > 0 ? auths : servers();
    const addresses = known.filter((address) => !own().includes(address));
    const { signal } = request;
    let link;
    try {
      link = await links.connect(addresses, { expect: expectServer, signal });
    } catch (cause) {
      signal.throwIfAborted();
      throw new WorkerError(
        "UNAVAILABLE",
        `auth is not reachable: ${(cause as Error).message}`,
        { cause },
      );
    }
    return await link.request(request);
  };
}
