import {
  type DerElement,
  DerReader,
  integerHex,
  malformed,
  oidText,
  stringText,
  TAG,
  timeMs,
} from "./_der.ts";

/** One attribute of a distinguished name. */
export interface NameAttribute {
  /** Dotted object identifier, e.g. `2.5.4.3` for the common name. */
  oid: string;
  /** As text, whatever encoding it came in. */
  value: string;
}

/** One extension as it stands in the certificate. */
export interface CertificateExtension {
  /** Who does not understand it has to refuse the certificate. */
  critical: boolean;
  /** DER of the extension's own type. */
  value: Uint8Array;
}

/** The parts of a certificate. Byte arrays are views into `raw`. */
export interface ParsedCertificate {
  /** The whole certificate, DER. */
  raw: Uint8Array;
  /** What the signature is over. */
  tbs: Uint8Array;
  /** Lower-case hex without a sign byte. */
  serial: string;
  /** Who signed it, outermost first. */
  issuer: NameAttribute[];
  /** The same as DER, to compare. */
  issuerDer: Uint8Array;
  /** Whom it names, outermost first. */
  subject: NameAttribute[];
  /** The same as DER, to compare. */
  subjectDer: Uint8Array;
  /** ms since the epoch. */
  notBefore: number;
  /** ms since the epoch. */
  notAfter: number;
  /** DER of the SubjectPublicKeyInfo. */
  publicKey: Uint8Array;
  /** By dotted object identifier. */
  extensions: Map<string, CertificateExtension>;
  /** Dotted object identifier. */
  signatureAlgorithm: string;
  /** In the form of its algorithm. */
  signature: Uint8Array;
}

/** Longest certificate that is looked at: a peer's bytes are parsed before they are trusted. */
const MAX_CERTIFICATE_BYTES = 64 * 1024;

const TAG_VERSION = 0xa0;
const TAG_ISSUER_UNIQUE_ID = 0x81;
const TAG_SUBJECT_UNIQUE_ID = 0x82;
const TAG_EXTENSIONS = 0xa3;

/**
 * Takes an X.509 certificate (RFC 5280) apart. It judges the form only; nothing is verified.
 *
 * @param der The whole certificate and nothing after it.
 * @throws {CertificateError} `malformed`
 */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    throw malformed(`${der.length} bytes are more than a certificate has`);
  }
  const outer = new DerReader(der);
  const certificate = outer.enter(TAG.sequence);
  outer.end();
  const tbs = certificate.read(TAG.sequence);
  const algorithm = certificate.read(TAG.sequence);
  const signature = bitStringBytes(certificate.read(TAG.bitString));
  certificate.end();

  const body = new DerReader(tbs.value);
  const version = body.optional(TAG_VERSION);
  const serial = integerHex(body.read(TAG.integer).value);
  const innerAlgorithm = body.read(TAG.sequence);
  // RFC 5280 4.1.1.2: the signed copy counts, so the other one must be the same.
  if (!equalBytes(algorithm.raw, innerAlgorithm.raw)) {
    throw malformed("it names two signature algorithms");
  }
  const issuer = body.read(TAG.sequence);
  const validity = body.enter(TAG.sequence);
  const notBefore = timeMs(validity.read());
  const notAfter = timeMs(validity.read());
  validity.end();
  const subject = body.read(TAG.sequence);
  const publicKey = body.read(TAG.sequence);
  body.optional(TAG_ISSUER_UNIQUE_ID);
  body.optional(TAG_SUBJECT_UNIQUE_ID);
  const extensions = body.optional(TAG_EXTENSIONS);
  body.end();
  if (extensions && !isVersion3(version)) {
    throw malformed("it has extensions but is not of version 3");
  }

  return {
    raw: der,
    tbs: tbs.raw,
    serial,
    issuer: readName(issuer),
    issuerDer: issuer.raw,
    subject: readName(subject),
    subjectDer: subject.raw,
    notBefore,
    notAfter,
    publicKey: publicKey.raw,
    extensions: extensions ? readExtensions(extensions) : new Map(),
    signatureAlgorithm: algorithmOid(algorithm),
    signature,
  };
}

/** Whether two byte strings are the same. For public data: it takes as long as they agree. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The object identifier at the start of an AlgorithmIdentifier. */
export function algorithmOid(algorithm: DerElement): string {
  return oidText(new DerReader(algorithm.value).read(TAG.oid).value);
}

/** The bytes of a BIT STRING that is made of whole bytes, as keys and signatures are. */
export function bitStringBytes({ value }: DerElement): Uint8Array {
  if (value[0] !== 0) throw malformed("a bit string has odd bits");
  return value.subarray(1);
}

function isVersion3(version: DerElement | null): boolean {
  if (!version) return false;
  return integerHex(new DerReader(version.value).read(TAG.integer).value) ===
    "02";
}

/** The attributes of a distinguished name, outermost first. */
export function readName(name: DerElement): NameAttribute[] {
  const attributes: NameAttribute[] = [];
  const sets = new DerReader(name.value);
  while (!sets.done) {
    const set = sets.enter(TAG.set);
    while (!set.done) {
      const attribute = set.enter(TAG.sequence);
      const oid = oidText(attribute.read(TAG.oid).value);
      attributes.push({ oid, value: stringText(attribute.read()) });
      attribute.end();
    }
  }
  return attributes;
}

/** The extensions in an element whose content is one Extensions (RFC 5280, 4.1.2.9). */
export function readExtensions(
  element: DerElement,
): Map<string, CertificateExtension> {
  const extensions = new Map<string, CertificateExtension>();
  const wrapper = new DerReader(element.value);
  const list = wrapper.enter(TAG.sequence);
  wrapper.end();
  while (!list.done) {
    const extension = list.enter(TAG.sequence);
    const oid = oidText(extension.read(TAG.oid).value);
    const critical = extension.optional(TAG.boolean)?.value[0] === 0xff;
    const value = extension.read(TAG.octetString).value;
    extension.end();
    if (extensions.has(oid)) {
      throw malformed(`it has the extension ${oid} twice`);
    }
    extensions.set(oid, { critical, value });
  }
  return extensions;
}
