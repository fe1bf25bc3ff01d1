import { resolve } from "node:path";
import { initialise } from "../../certs/initialise.ts";
import type { KeyType } from "../../certs/keys.ts";
import { defaultStateDir } from "../../lib/config/state_dir.ts";
import { printHint, printLines } from "./print.ts";
import { withStoreErrors } from "./with_store_errors.ts";

export interface InitFlags {
  stateDir?: string;
  host: string[];
  cluster?: string;
  keyType: KeyType;
  json?: true;
}

/** `worker certs init`: prints the paths of the certificates that were made or renewed. */
export async function init(flags: InitFlags): Promise<void> {
  const stateDir = resolve(flags.stateDir ?? defaultStateDir());
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
  if (created.length + renewed.length === 0) {
    printHint(`nothing to do: the certificates in "${stateDir}" are there`);
  }
}
