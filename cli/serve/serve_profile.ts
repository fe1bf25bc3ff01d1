import {
  profilePath,
  readProfile,
  writeProfile,
} from "../../lib/config/profile.ts";
import type { MemberKind } from "../../lib/api/cluster.ts";
import type { AdminFiles } from "../../lib/daemon/server_files.ts";
import { describeError } from "../report_error.ts";

/** A server on this host that somebody has just started. */
export interface StartedServer {
  /** `host:port` of each listener. */
  addresses: readonly string[];
  /** The administrator's files. */
  admin: AdminFiles;
  roles: readonly MemberKind[];
}

/** Writes a profile for whoever started the server, unless it is another server's, and says so. */
export async function offerProfile(
  { addresses, admin, roles }: StartedServer,
): Promise<void> {
  const profile = { addr: reachable(addresses), ...admin };
  const flags =
    `--addr ${profile.addr} --cacert ${admin.cacert} --cert ${admin.cert} --key ${admin.key}`;
  try {
    const known = await readProfile();
    if (known !== null && known.cert !== admin.cert) {
      console.error(
        `left alone: ${profilePath()} belongs to another server; to reach this one, say ${flags}`,
      );
      return;
    }
    if (known?.addr !== profile.addr) await writeProfile(profile);
    const command = roles.includes("node") ? "run uptime" : "nodes ls";
    console.error(`try: worker ${command}`);
  } catch (error) {
    // A convenience: without a home directory the server serves all the same.
    console.error(
      `${describeError(error)}; to reach this server, say ${flags}`,
    );
  }
}

/** An address as a client on this host dials it: the certificate names localhost. */
function reachable(addresses: readonly string[]): string {
  const dialled = addresses.map((address) =>
    address.replace(
      /^(?:0\.0\.0\.0|127\.0\.0\.1|\[::1?\]):/,
      "localhost:",
    )
  );
  return dialled.find((address) => address.startsWith("localhost:")) ??
    dialled[0]!;
}
