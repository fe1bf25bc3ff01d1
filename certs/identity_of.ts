import { createHash } from "node:crypto";
import { alternativeNames } from "./_extensions.ts";
import { malformed } from "./_der.ts";
import { CertificateError } from "./errors.ts";
import type { Identity, IdentityKind } from "./identity.ts";
import { ATTRIBUTE, nameProblem, parseSpiffeUri } from "./names.ts";
import {
  parseCertificate,
  type ParsedCertificate,
} from "./parsed_certificate.ts";

/** SHA-256 of a certificate's DER in lower-case hex. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}

/**
 * What a certificate says about its holder. It only reads: nothing is verified, so what it says
 * is worth something only after a `PeerVerifier` accepted the same bytes.
 *
 * @param certificate DER, or a certificate that was parsed already.
 * @throws {CertificateError} `malformed`, also when it says two different names; `no_name`
 */
export function identityOf(
  certificate: Uint8Array | ParsedCertificate,
): Identity {
  const parsed = certificate instanceof Uint8Array
    ? parseCertificate(certificate)
    : certificate;
  const name = commonName(parsed);
  return {
    name,
    roles: values(parsed, ATTRIBUTE.organization),
    kind: kindOf(parsed, name),
    fingerprint: fingerprintOf(parsed.raw),
    serial: parsed.serial,
    notAfter: parsed.notAfter,
  };
}

function commonName(certificate: ParsedCertificate): string {
  const [name, second] = values(certificate, ATTRIBUTE.commonName);
  if (name === undefined || name === "") {
    throw new CertificateError(
      "no_name",
      "the certificate has no common name (CN): use one that names its holder",
    );
  }
  if (second !== undefined) {
    throw malformed(`it has two common names, "${name}" and "${second}"`);
  }
  const problem = nameProblem(name);
  if (problem) {
    throw malformed(
      `its common name ${JSON.stringify(name)} can't be used: ${problem}`,
    );
  }
  return name;
}

function kindOf(
  certificate: ParsedCertificate,
  name: string,
): IdentityKind | null {
  const ids = alternativeNames(certificate)
    .flatMap(({ type, value }) => type === "URI" ? [parseSpiffeUri(value)] : [])
    .filter((id) => id !== null);
  const [id, second] = ids;
  if (!id) return null;
  if (second) throw malformed("it has two SPIFFE identities");
  if (id.name !== name) {
    throw malformed(
      `its common name is "${name}" but its SPIFFE identity is "${id.name}"`,
    );
  }
  return id.kind;
}

function values(certificate: ParsedCertificate, oid: string): string[] {
  return certificate.subject.filter((attribute) => attribute.oid === oid)
    .map(({ value }) => value);
}
