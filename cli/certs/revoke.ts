import { revokeCertificate } from "../../certs/revoke.ts";
import { ownStateDir } from "./own_state_dir.ts";
import { printHint, printLines } from "./print.ts";
import { withStoreErrors } from "./with_store_errors.ts";

export interface RevokeFlags {
  reason?: string;
  stateDir?: string;
  json?: true;
}

/** `worker certs revoke`: prints the serial numbers that are revoked by it. */
export async function revoke(which: string, flags: RevokeFlags): Promise<void> {
  const stateDir = ownStateDir(flags.stateDir);
  const { revoked, matched } = await withStoreErrors(() =>
    revokeCertificate(
      stateDir,
      which,
      flags.reason === undefined ? {} : { reason: flags.reason },
    )
  );
  await printLines(
    flags.json
      ? [JSON.stringify({ revoked })]
      : revoked.map(({ serial, fingerprint }) => serial ?? fingerprint ?? ""),
  );
  if (revoked.length < matched) {
    printHint(
      `${matched - revoked.length} of "${which}" had been revoked before`,
    );
  }
}
