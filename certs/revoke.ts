import { exists } from "./_files.ts";
import { fingerprintOf } from "./identity_of.ts";
import { CertificateStoreError } from "./errors.ts";
import { IssuedIndex } from "./issued_index.ts";
import { ATTRIBUTE } from "./names.ts";
import { parseCertificate } from "./parsed_certificate.ts";
import { certificatesOfPem } from "./pem.ts";
import { normaliseHex, type Revocation, RevocationList } from "./revocation.ts";
import { statePaths } from "./state_paths.ts";

/** How to revoke. */
export interface RevokeOptions {
  /** Why, for people. @default none */
  reason?: string;
  /** The clock, ms since the epoch. @default {Date.now} */
  now?: () => number;
}

/** What became of a revocation. */
export interface RevokeResult {
  /** What is on the list now and was not before. */
  revoked: Revocation[];
  /** How many certificates were meant; those that are not in `revoked` had been already. */
  matched: number;
}

/** A serial number shorter than this (in hex digits) is more likely a mistyped name. */
const MIN_UNKNOWN_SERIAL_DIGITS = 16;

/**
 * Puts certificates on the revocation list of a state directory.
 *
 * @param target A name (all its valid certificates), a serial number, or a certificate file.
 * @throws {CertificateStoreError} `not_found` when it is none of the three.
 */
export async function revokeCertificate(
  stateDir: string,
  target: string,
  { reason, now = Date.now }: RevokeOptions = {},
): Promise<RevokeResult> {
  const paths = statePaths(stateDir);
  if (!(await exists(stateDir))) {
    throw new CertificateStoreError(
      "not_found",
      `there is no state directory "${stateDir}": name the server's with --state-dir`,
    );
  }
  const index = await IssuedIndex.load(paths.issued);
  const found = await find(target, { index, now: now() });
  const revokedAt = new Date(now()).toISOString();
  const list = await RevocationList.load(paths.revoked);
  const revoked = await list.add(
    found.map((part) => ({ ...part, revokedAt, reason: reason ?? null })),
  );
  return { revoked, matched: found.length };
}

async function find(
  target: string,
  { index, now }: { index: IssuedIndex; now: number },
): Promise<Pick<Revocation, "serial" | "fingerprint" | "name">[]> {
  const named = index.find(target, now);
  if (named.length > 0) return named.map(parts);
  const serial = normaliseHex(target);
  const record = index.all.find((record) => record.serial === serial);
  if (record) return [parts(record)];
  if (await exists(target)) return readFile(target);
  if (serial !== null && serial.length >= MIN_UNKNOWN_SERIAL_DIGITS) {
    return [{ serial, fingerprint: null, name: null }];
  }
  throw new CertificateStoreError(
    "not_found",
    `"${target}" is neither the name of a valid certificate that was issued here, nor a serial number, nor a file: see \`worker certs show FILE\``,
  );
}

function parts(
  { serial, fingerprint, name }: {
    serial: string;
    fingerprint: string;
    name: string;
  },
) {
  return { serial, fingerprint, name };
}

/** Only the first certificate: what follows in a file is the chain above it. */
async function readFile(path: string) {
  const [der] = certificatesOfPem(await Deno.readTextFile(path), path);
  const { serial, subject } = parseCertificate(der!);
  const name = subject.find(({ oid }) => oid === ATTRIBUTE.commonName)?.value;
  return [{ serial, fingerprint: fingerprintOf(der!), name: name ?? null }];
}
