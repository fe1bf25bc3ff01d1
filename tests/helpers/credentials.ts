import type { Worker } from "./worker.ts";

/** Paths of a client's certificate. */
export interface Credentials {
  cacert: string;
  cert: string;
  key: string;
}

/** The words of a `curl` that shows a certificate and prints what comes as it comes. */
export function curlWords({ cacert, cert, key }: Credentials): string[] {
  return [
    ...["curl", "--silent", "--show-error", "--no-buffer"],
    ...["--cacert", cacert, "--cert", cert, "--key", key],
  ];
}

/** The flags of a client that uses these credentials. */
export function clientFlags(worker: Worker, as: Credentials): string[] {
  return [
    `--addr=${worker.addr}`,
    `--cacert=${as.cacert}`,
    `--cert=${as.cert}`,
    `--key=${as.key}`,
  ];
}

/** Issues a client certificate with `worker certs issue`. */
export async function issueCertificate(
  worker: Pick<Worker, "cli" | "folder" | "stateDir">,
  { name, args }: { name: string; args: readonly string[] },
): Promise<Credentials> {
  const out = `${worker.folder}/${name}`;
  const { code, stderr } = await worker.cli([
    ...["certs", "issue", name],
    ...[`--out=${out}`, `--state-dir=${worker.stateDir}`],
    ...args,
  ]);
  if (code !== 0) throw new Error(`cannot issue "${name}": ${stderr}`);
  return {
    cacert: `${out}/ca.crt`,
    cert: `${out}/${name}.crt`,
    key: `${out}/${name}.key`,
  };
}
