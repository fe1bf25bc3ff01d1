import { initialise } from "../../certs/initialise.ts";
import { statePaths } from "../../certs/state_paths.ts";
import type { KeyType } from "../../certs/keys.ts";
import { readProfile, writeProfile } from "../../lib/config/profile.ts";
import { ownStateDir } from "./own_state_dir.ts";
import { printHint, printLines } from "./print.ts";
import { withStoreErrors } from "./with_store_errors.ts";

/** Where a server on this host listens unless it is told otherwise. */
const DEFAULT_ADDRESS = "localhost:7443";

export interface InitFlags {
  stateDir?: string;
  host: string[];
  cluster?: string;
  keyType: KeyType;
  json?: true;
}

/** `worker certs init`: prints the paths of the certificates that were made or renewed. */
export async function init(flags: InitFlags): Promise<void> {
  const stateDir = ownStateDir(flags.stateDir);
  const { created, renewed, warnings } = await withStoreErrors(() =>
    initialise(stateDir, {
      hosts: flags.host,
      keyType: flags.keyType,
      ...flags.cluster === undefined ? {} : { cluster: flags.cluster },
    })
  );
  await printLines(
    flags.json
      ? [JSON.stringify({ stateDir, created, renewed, warnings })]
      : [...created, ...renewed.map(({ path }) => path)],
  );
  for (const { path, reason } of renewed) {
    printHint(`renewed ${path}: ${reason}`);
  }
  for (const warning of warnings) printHint(warning);
  // One that cannot be read is somebody's all the same.
  if (await readProfile().catch(() => undefined) === null) {
    const { adminCa, adminCert, adminKey } = statePaths(stateDir);
    const files = { cacert: adminCa, cert: adminCert, key: adminKey };
    printHint(
      `wrote ${await writeProfile({ addr: DEFAULT_ADDRESS, ...files })}`,
    );
  }
  if (created.length + renewed.length === 0) {
    printHint(`nothing to do: the certificates in "${stateDir}" are there`);
  }
}
