import { join } from "node:path";
import { DirectoryReplica, type MemberDirectory } from "../../cluster/mod.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { PeerLinks } from "../../tunnel/mod.ts";
import type { DaemonEvents } from "../events.ts";
import type { KnownServers } from "../cluster/known_servers.ts";

/** What {@linkcode replicaService} needs. */
export interface ReplicaServiceParts {
  live: LiveConfig;
  directory: MemberDirectory;
  links: Pick<PeerLinks, "open">;
  servers: KnownServers;
}

/** Keeps the directory of a proxy as that of auth is, so that it routes and gossips without auth, too. */
export function replicaService(
  { live, directory, links, servers }: ReplicaServiceParts,
): Service<DaemonEvents> {
  return {
    name: "replica",
    endless: true,
    needs: ["identity"],
    async run(signal, bus) {
      await bus.waitFor("IdentityReady", { signal });
      const folder = join(live.current.stateDir, "cluster");
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      const replica = new DirectoryReplica({
        directory,
        path: join(folder, "directory.json"),
        open: (path, options) =>
          links.open(path, {
            ...options,
            servers: () => servers.authFirst(),
          }),
        removed: () => bus.broadcast("MemberGone", {}),
      });
      await replica.run({ signal });
    },
  };
}
