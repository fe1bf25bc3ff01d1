import { identityIfAny } from "./_ensure_certificate.ts";
import { lockFile } from "./_file_lock.ts";
import { exists, makeDirectory, readIfThere, writeFiles } from "./_files.ts";
import { readAuthorities } from "./authorities.ts";
import { CertificateStoreError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import { generateKeys, isKeyOf, type KeyType } from "./keys.ts";
import { parseCertificate } from "./parsed_certificate.ts";
import { certificatesOfPem } from "./pem.ts";
import { type StatePaths, statePaths } from "./state_paths.ts";
import { issuedAt } from "./validity.ts";

/** What a host of a cluster whose authority is elsewhere has. */
export interface MemberIdentity extends Identity {
  /** PEM. */
  certificate: string;
  /** PEM, PKCS#8. */
  key: string;
  /** PEM: the authorities that it trusts. */
  ca: string;
  /** ms since the epoch. */
  issuedAt: number;
}

/**
 * The key of a member, made when there is none: it is on the disk before anybody is told of it, so
 * that whoever lost an answer asks again with the same.
 *
 * @throws {CertificateStoreError} `exists` when the directory has an authority of its own.
 */
export async function memberKey(
  stateDir: string,
  { keyType = "p256" }: { keyType?: KeyType } = {},
): Promise<string> {
  const paths = statePaths(stateDir);
  await makeDirectory(stateDir);
  using _lock = await lockFile(paths.lock);
  await refuseAuthority(paths);
  const key = await readIfThere(paths.serverKey);
  if (key !== null) return key;
  const { privateKeyPem } = await generateKeys(keyType);
  await writeFiles([{ path: paths.serverKey, text: privateKeyPem }]);
  return privateKeyPem;
}

/**
 * What a member was given; null when it has not joined.
 *
 * @throws {CertificateStoreError} `exists` when the directory has an authority of its own, `damaged` for files that can't be used, or do not belong together.
 */
export async function readMember(
  stateDir: string,
): Promise<MemberIdentity | null> {
  const paths = statePaths(stateDir);
  await refuseAuthority(paths);
  const certificate = await readIfThere(paths.serverCert);
  const ca = await readIfThere(paths.caCert);
  const key = await readIfThere(paths.serverKey);
  // The certificate comes last.
  if (certificate === null) return null;
  if (ca === null || key === null) {
    const missing = ca === null ? paths.caCert : paths.serverKey;
    throw new CertificateStoreError(
      "damaged",
      `"${missing}" is not there, and "${paths.serverCert}" is of no use without it: put it back, or remove that one and join again`,
    );
  }
  const [der] = certificatesOfPem(certificate, paths.serverCert);
  const parsed = parseCertificate(der!);
  const identity = identityIfAny(parsed);
  if (identity === null || !isKeyOf(key, parsed.publicKey)) {
    throw new CertificateStoreError(
      "damaged",
      `"${paths.serverCert}" is not the certificate of a member with the key "${paths.serverKey}": put the two that belong together there, or remove them and join again`,
    );
  }
  return { ...identity, certificate, key, ca, issuedAt: issuedAt(parsed) };
}

/**
 * Takes over what a member was given: the certificate last, so that a crash leaves what was there,
 * or a key to ask again with.
 *
 * @throws {CertificateStoreError} `damaged` for what can't be used; nothing was changed then.
 */
export async function writeMember(
  stateDir: string,
  { certificate, ca }: Pick<MemberIdentity, "certificate" | "ca">,
): Promise<void> {
  const paths = statePaths(stateDir);
  using _lock = await lockFile(paths.lock);
  const [der] = certificatesOfPem(certificate, "the certificate");
  const key = await readIfThere(paths.serverKey);
  if (key === null || !isKeyOf(key, parseCertificate(der!).publicKey)) {
    throw new CertificateStoreError(
      "damaged",
      `the certificate that was given is not of the key "${paths.serverKey}"`,
    );
  }
  readAuthorities(ca);
  await makeDirectory(paths.caDir);
  await writeFiles([
    { path: paths.caCert, text: ca },
    { path: paths.serverCert, text: certificate },
  ], { replace: true });
}

/**
 * Trusts other authorities from now on. One at least has to stay: whoever replaces them all at once
 * is not known by those that were trusted.
 *
 * @returns whether anything changed
 * @throws {CertificateStoreError} `damaged` for a bundle that can't be used, `invalid` for one
 * without any that is trusted now; nothing was changed then.
 */
export async function replaceAuthorities(
  stateDir: string,
  ca: string,
): Promise<boolean> {
  const paths = statePaths(stateDir);
  using _lock = await lockFile(paths.lock);
  const before = await Deno.readTextFile(paths.caCert);
  if (before === ca) return false;
  const trusted = readAuthorities(before).map(({ fingerprint }) => fingerprint);
  const stays = readAuthorities(ca).some(({ fingerprint }) =>
    trusted.includes(fingerprint)
  );
  if (!stays) {
    throw new CertificateStoreError(
      "invalid",
      `none of the authorities that were told is one of those in "${paths.caCert}": they stay as they are`,
    );
  }
  await writeFiles([{ path: paths.caCert, text: ca }], { replace: true });
  return true;
}

async function refuseAuthority({ caKey, stateDir }: StatePaths): Promise<void> {
  if (!await exists(caKey)) return;
  throw new CertificateStoreError(
    "exists",
    `"${stateDir}" has the key of an authority ("${caKey}"): give the server the role auth, or another --state-dir to be a member of another cluster`,
  );
}
