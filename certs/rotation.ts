import { join } from "node:path";
import { lockFile } from "./_file_lock.ts";
import { readIfThere, syncDirectory, writeFiles } from "./_files.ts";
import { readAuthorities, type TrustedAuthority } from "./authorities.ts";
import { CertificateAuthority } from "./authority.ts";
import { CertificateStoreError } from "./errors.ts";
import { isKeyOf, type KeyType } from "./keys.ts";
import { formatPem } from "./pem.ts";
import { type StatePaths, statePaths } from "./state_paths.ts";

/**
 * How far the authority of a state directory is on its way to its successor. Nothing but its files
 * says so, and each step is one rename: `ca.crt` has one certificate, or those of both; `ca.key` is
 * the key of the one that issues; `next.key` waits beside it.
 */
export type Rotation =
  | { phase: "none"; issuer: TrustedAuthority }
  /** Both are trusted, the old one issues: members learn of the new one. */
  | { phase: "announced"; issuer: TrustedAuthority; next: TrustedAuthority }
  /** Both are trusted, the new one issues: members renew their certificates. */
  | { phase: "issuing"; issuer: TrustedAuthority; old: TrustedAuthority };

/** The clock, and what the new authority is to be. */
export interface BeginRotationOptions {
  /** @default {"p256"} */
  keyType?: KeyType;
  /** Milliseconds. @default {DEFAULT_TTL.authority} */
  ttl?: number;
  /** The clock, ms since the epoch. @default {Date.now} */
  now?: () => number;
}

/** @throws {CertificateStoreError} `not_found` without an authority's key, `damaged` */
export async function readRotation(stateDir: string): Promise<Rotation> {
  return (await read(statePaths(stateDir))).rotation;
}

/**
 * Makes the successor of the authority, which is trusted from now on and issues nothing yet.
 *
 * @throws {CertificateStoreError} `exists` when there is one already.
 */
export async function beginRotation(
  stateDir: string,
  options: BeginRotationOptions = {},
): Promise<Rotation> {
  const paths = statePaths(stateDir);
  using _lock = await lockFile(paths.lock);
  const { rotation, cluster } = await read(paths);
  if (rotation.phase !== "none") throw wrongPhase("begin", rotation);
  const next = await CertificateAuthority.create({ ...options, cluster });
  const { raw } = rotation.issuer.certificate;
  // The key first: a certificate without it would be trusted for nothing. One that a crash left is
  // replaced, nobody trusts it.
  await writeFiles([{ path: nextKeyPath(paths), text: next.keyPem }], {
    replace: true,
  });
  await writeFiles([{
    path: paths.caCert,
    text: formatPem("CERTIFICATE", raw) + next.certificatePem,
  }], { replace: true });
  return (await read(paths)).rotation;
}

/**
 * Lets the new authority issue; the old one's key is gone. Who does not trust the new one by now
 * is cut off.
 *
 * @throws {CertificateStoreError} `invalid` when none was made, `exists` when it issues already.
 */
export async function issueByNext(stateDir: string): Promise<Rotation> {
  const paths = statePaths(stateDir);
  using _lock = await lockFile(paths.lock);
  const { rotation } = await read(paths);
  if (rotation.phase !== "announced") throw wrongPhase("issue by", rotation);
  await Deno.rename(nextKeyPath(paths), paths.caKey);
  await syncDirectory(paths.caDir);
  return (await read(paths)).rotation;
}

/**
 * Ends a rotation: trusts the issuing authority alone. In the phase `announced` that is the old
 * one, and nothing has happened; in the phase `issuing` whoever has a certificate of the old one
 * still is cut off.
 *
 * @throws {CertificateStoreError} `invalid` when nothing is being rotated.
 */
export async function endRotation(stateDir: string): Promise<Rotation> {
  const paths = statePaths(stateDir);
  using _lock = await lockFile(paths.lock);
  const { rotation } = await read(paths);
  if (rotation.phase === "none") throw wrongPhase("end", rotation);
  const { raw } = rotation.issuer.certificate;
  await writeFiles([{
    path: paths.caCert,
    text: formatPem("CERTIFICATE", raw),
  }], { replace: true });
  if (rotation.phase === "announced") await Deno.remove(nextKeyPath(paths));
  return (await read(paths)).rotation;
}

async function read(
  paths: StatePaths,
): Promise<{ rotation: Rotation; cluster: string }> {
  const certificate = await readIfThere(paths.caCert);
  const key = await readIfThere(paths.caKey);
  if (certificate === null || key === null) {
    throw new CertificateStoreError(
      "not_found",
      `"${
        certificate === null ? paths.caCert : paths.caKey
      }" is not there: an authority is rotated where its key is`,
    );
  }
  const authorities = readAuthorities(certificate);
  const { cluster } = await CertificateAuthority.load({ certificate, key });
  const index = authorities.findIndex((authority) =>
    isKeyOf(key, authority.certificate.publicKey)
  );
  const issuer = authorities[index]!;
  const other = authorities[1 - index];
  if (other === undefined) {
    return { cluster, rotation: { phase: "none", issuer } };
  }
  if (authorities.length > 2) {
    throw new CertificateStoreError(
      "damaged",
      `"${paths.caCert}" has ${authorities.length} certificates: while an authority is rotated it has two`,
    );
  }
  return {
    cluster,
    rotation: index === 0
      ? { phase: "announced", issuer, next: other }
      : { phase: "issuing", issuer, old: other },
  };
}

function nextKeyPath(paths: StatePaths): string {
  return join(paths.caDir, "next.key");
}

function wrongPhase(
  what: string,
  { phase }: Rotation,
): CertificateStoreError {
  return new CertificateStoreError(
    phase === "none" ? "invalid" : "exists",
    phase === "none"
      ? `can't ${what} a new authority: none was made, begin the rotation first`
      : `can't ${what} a new authority: the rotation is in the phase "${phase}"`,
  );
}
