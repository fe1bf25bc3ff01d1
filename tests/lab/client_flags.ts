import type { Credentials } from "../helpers/credentials.ts";

/** The flags of a client that uses these credentials at one address or several. */
export function clientFlagsOf(as: Credentials, addr: string): string[] {
  return [
    `--addr=${addr}`,
    `--cacert=${as.cacert}`,
    `--cert=${as.cert}`,
    `--key=${as.key}`,
  ];
}
