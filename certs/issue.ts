import { join } from "node:path";
import { lockFile } from "./_file_lock.ts";
import {
  exists,
  type FileContent,
  makeDirectory,
  readIfThere,
  writeFiles,
} from "./_files.ts";
import { hostAlternativeName } from "./alternative_name.ts";
import { CertificateAuthority } from "./authority.ts";
import { CertificateStoreError } from "./errors.ts";
import type { IssueRequest } from "./issue_request.ts";
import { IssuedIndex, type IssuedRecord } from "./issued_index.ts";
import { checkedName } from "./names.ts";
import { RevocationList } from "./revocation.ts";
import { type StatePaths, statePaths } from "./state_paths.ts";

/** What to issue, and where to. */
export interface IssueOptions
  extends Omit<IssueRequest, "kind" | "usages" | "key"> {
  /** Directory for the three files, made when missing. */
  out: string;
  /** For a server: its name becomes an alternative name too. @default {false} */
  server?: boolean;
  /** Issue a second certificate for a name, and replace files. @default {false} */
  force?: boolean;
  /** The clock, ms since the epoch. @default {Date.now} */
  now?: () => number;
}

/** What was issued, and where it is. */
export interface IssueResult extends IssuedRecord {
  /** Path of the authority's certificate. */
  ca: string;
  /** Path of the certificate. */
  certificate: string;
  /** Path of its private key. */
  key: string;
  /** Certificates of the same name that stay valid: only with `force`. */
  earlier: IssuedRecord[];
}

/**
 * Issues a certificate from the authority of a state directory and writes `ca.crt`, `NAME.crt`
 * and `NAME.key`: all of them, or none.
 *
 * @throws {CertificateStoreError} `not_found` when there is no authority, `exists` when the name
 * has a valid certificate or a file is there, `invalid` for a value that can't be used.
 */
export async function issueCertificate(
  stateDir: string,
  options: IssueOptions,
): Promise<IssueResult> {
  const { force = false, server = false, now = Date.now } = options;
  const name = checkedName(options.name);
  const paths = statePaths(stateDir);
  if (!(await exists(paths.caKey))) throw noAuthority(paths);
  using _lock = await lockFile(paths.lock);
  const authority = await CertificateAuthority.load({
    certificate: await Deno.readTextFile(paths.caCert),
    key: await Deno.readTextFile(paths.caKey),
  }, { now });
  const index = await IssuedIndex.load(paths.issued);
  const revocations = await RevocationList.load(paths.revoked);
  const kind = server ? "node" : "user";
  const earlier = index.find(name, now()).filter((record) =>
    record.kind === kind && !revocations.has(record)
  );
  if (earlier.length > 0 && !force) throw nameTaken(earlier[0]!);

  const files = {
    ca: join(options.out, "ca.crt"),
    certificate: join(options.out, `${name}.crt`),
    key: join(options.out, `${name}.key`),
  };
  const needsCa = await readIfThere(files.ca) !== authority.bundlePem;
  const targets = [files.key, files.certificate, ...needsCa ? [files.ca] : []];
  for (const path of targets) await checkTarget(path, force);

  const issued = await authority.issue({
    ...options,
    kind,
    usages: [server ? "server" : "client"],
    sans: [...server ? [hostAlternativeName(name)] : [], ...options.sans ?? []],
  });
  const contents: FileContent[] = [
    { path: files.key, text: issued.keyPem },
    ...needsCa ? [{ path: files.ca, text: authority.bundlePem }] : [],
    { path: files.certificate, text: issued.certificatePem },
  ];
  // Written down first: a certificate that nobody knows of could not be revoked by name.
  await index.add(issued, now());
  let made = false;
  try {
    made = await makeDirectory(options.out);
    await writeFiles(contents, { replace: force });
  } catch (error) {
    await index.remove(issued.serial);
    if (made) await Deno.remove(options.out);
    throw error;
  }
  const { roles, serial, fingerprint } = issued;
  const notAfter = new Date(issued.notAfter).toISOString();
  return {
    ...{ name, kind, roles, serial, fingerprint, notAfter },
    ...files,
    earlier,
  };
}

async function checkTarget(path: string, force: boolean): Promise<void> {
  if (!(await exists(path))) return;
  if (!force) {
    throw new CertificateStoreError(
      "exists",
      `"${path}" is there already: choose another directory with --out, or replace it with --force`,
    );
  }
  if ((await Deno.lstat(path)).isDirectory) {
    throw new CertificateStoreError(
      "exists",
      `"${path}" is a directory: choose another one with --out`,
    );
  }
}

function noAuthority(paths: StatePaths): CertificateStoreError {
  return new CertificateStoreError(
    "not_found",
    `there is no authority's key "${paths.caKey}": make one with \`worker certs init\`, or name the server's --state-dir`,
  );
}

function nameTaken({ name, serial, notAfter }: IssuedRecord) {
  return new CertificateStoreError(
    "exists",
    `"${name}" has a certificate already (serial ${serial}, until ${notAfter}): revoke it with \`worker certs revoke ${name}\`, or issue a second one with --force`,
  );
}
