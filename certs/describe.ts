import { DerReader, malformed, oidText, TAG } from "./_der.ts";
import {
  alternativeNames,
  EXTENDED_KEY_USAGE,
  extendedKeyUsages,
  isAuthority,
  keyUsages,
} from "./_extensions.ts";
import { fingerprintOf } from "./identity_of.ts";
import {
  algorithmOid,
  bitStringBytes,
  type NameAttribute,
  parseCertificate,
} from "./parsed_certificate.ts";
import { certificatesOfPem } from "./pem.ts";

/** A certificate for people and, as JSON, for programs. */
export interface CertificateDescription {
  /** Outermost first, e.g. `O=ops, CN=alice`; empty when the certificate names nobody. */
  subject: string;
  /** Who signed it, written like `subject`. */
  issuer: string;
  /** Lower-case hex. */
  serial: string;
  /** SHA-256 in lower-case hex. */
  fingerprint: string;
  /** RFC 3339, UTC. */
  notBefore: string;
  /** RFC 3339, UTC. */
  notAfter: string;
  /** E.g. `ECDSA P-256`, `RSA 4096`, `Ed25519`; a dotted object identifier when unknown. */
  keyType: string;
  /** E.g. `DNS:localhost`, `URI:spiffe://demo/user/alice`. */
  sans: string[];
  /** Key usages, then extended ones: `serverAuth`, `clientAuth`, others by object identifier. */
  usages: string[];
  /** Whether it may sign other certificates. */
  authority: boolean;
}

const ATTRIBUTE_NAMES: Record<string, string> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

const KEY_NAMES: Record<string, string> = {
  "1.2.840.10045.2.1": "ECDSA",
  "1.2.840.113549.1.1.1": "RSA",
  "1.2.840.113549.1.1.10": "RSA-PSS",
  "1.3.101.112": "Ed25519",
  "1.3.101.113": "Ed448",
};

const CURVE_NAMES: Record<string, string> = {
  "1.2.840.10045.3.1.7": "P-256",
  "1.3.132.0.34": "P-384",
  "1.3.132.0.35": "P-521",
  "1.3.132.0.10": "secp256k1",
};

const USAGE_NAMES: Record<string, string> = {
  [EXTENDED_KEY_USAGE.server]: "serverAuth",
  [EXTENDED_KEY_USAGE.client]: "clientAuth",
  "2.5.29.37.0": "anyExtendedKeyUsage",
};

/**
 * Describes every certificate of a file, in its order. Nothing is verified.
 *
 * @param content PEM (one certificate or a bundle) or DER.
 * @param source What to call the content in an error, e.g. its file name.
 * @throws {CertificateStoreError} `damaged` when it holds no certificate, e.g. a key
 * @throws {CertificateError} `malformed`
 */
export function describeCertificates(
  content: string | Uint8Array,
  source = "the file",
): CertificateDescription[] {
  if (typeof content !== "string") {
    if (content[0] === TAG.sequence) return [describe(content)];
    content = new TextDecoder().decode(content);
  }
  return certificatesOfPem(content, source).map(describe);
}

function describe(der: Uint8Array): CertificateDescription {
  const certificate = parseCertificate(der);
  return {
    subject: nameText(certificate.subject),
    issuer: nameText(certificate.issuer),
    serial: certificate.serial,
    fingerprint: fingerprintOf(der),
    notBefore: new Date(certificate.notBefore).toISOString(),
    notAfter: new Date(certificate.notAfter).toISOString(),
    keyType: keyTypeText(certificate.publicKey),
    sans: alternativeNames(certificate).map(({ type, value }) =>
      `${type}:${visible(value)}`
    ),
    usages: [
      ...keyUsages(certificate) ?? [],
      ...(extendedKeyUsages(certificate) ?? []).map((oid) =>
        USAGE_NAMES[oid] ?? oid
      ),
    ],
    authority: isAuthority(certificate),
  };
}

function nameText(attributes: NameAttribute[]): string {
  return attributes.map(({ oid, value }) => {
    // A name must not be able to look like two.
    const escaped = value.replaceAll(/[\\,+]/g, "\\$&");
    return `${ATTRIBUTE_NAMES[oid] ?? oid}=${visible(escaped)}`;
  }).join(", ");
}

/** What a certificate says must not be able to move the cursor of a terminal. */
function visible(text: string): string {
  return text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );
}

function keyTypeText(publicKey: Uint8Array): string {
  const info = new DerReader(publicKey).enter(TAG.sequence);
  const algorithm = info.read(TAG.sequence);
  const oid = algorithmOid(algorithm);
  const name = KEY_NAMES[oid] ?? oid;
  if (name === "ECDSA") {
    const parameters = new DerReader(algorithm.value);
    parameters.read(TAG.oid);
    const curve = parameters.optional(TAG.oid);
    if (!curve) return name;
    const curveOid = oidText(curve.value);
    return `${name} ${CURVE_NAMES[curveOid] ?? curveOid}`;
  }
  if (!name.startsWith("RSA")) return name;
  const key = bitStringBytes(info.read(TAG.bitString));
  const modulus =
    new DerReader(key).enter(TAG.sequence).read(TAG.integer).value;
  const first = modulus.findIndex((byte) => byte !== 0);
  if (first < 0) throw malformed("its RSA key is zero");
  const bits = (modulus.length - first) * 8 - Math.clz32(modulus[first]!) + 24;
  return `${name} ${bits}`;
}
