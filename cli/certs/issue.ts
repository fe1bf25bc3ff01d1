import { parseAlternativeName } from "../../certs/alternative_name.ts";
import { issueCertificate } from "../../certs/issue.ts";
import type { KeyType } from "../../certs/keys.ts";
import { parseDuration } from "../../lib/api/duration.ts";
import { ownStateDir } from "./own_state_dir.ts";
import { printHint, printLines } from "./print.ts";
import { withStoreErrors } from "./with_store_errors.ts";

export interface IssueFlags {
  role: string[];
  out?: string;
  stateDir?: string;
  keyType: KeyType;
  ttl?: string;
  san: string[];
  server?: true;
  force?: true;
  json?: true;
}

/** `worker certs issue`: prints the paths of the authority, the certificate and the key. */
export async function issue(name: string, flags: IssueFlags): Promise<void> {
  const ttl = flags.ttl === undefined ? undefined : parseDuration(flags.ttl);
  const { earlier, ...issued } = await withStoreErrors(async () =>
    await issueCertificate(ownStateDir(flags.stateDir), {
      name,
      roles: flags.role,
      out: flags.out ?? name,
      keyType: flags.keyType,
      sans: flags.san.map(parseAlternativeName),
      server: flags.server ?? false,
      force: flags.force ?? false,
      ...ttl === undefined ? {} : { ttl },
    })
  );
  await printLines(
    flags.json
      ? [JSON.stringify(issued)]
      : [issued.ca, issued.certificate, issued.key],
  );
  const roles = issued.roles.length > 0
    ? `, roles ${issued.roles.join(", ")}`
    : "";
  printHint(`issued "${name}" until ${issued.notAfter}${roles}`);
  for (const { serial, notAfter } of earlier) {
    printHint(
      `an earlier certificate of "${name}" stays valid until ${notAfter}: end it with \`worker certs revoke ${serial}\``,
    );
  }
}
