import {
  DerReader,
  integerHex,
  malformed,
  oidText,
  stringText,
  TAG,
} from "./_der.ts";
import type { AlternativeName } from "./alternative_name.ts";
import type { ParsedCertificate } from "./parsed_certificate.ts";

/** Object identifiers of the extensions that are read here (RFC 5280, 4.2.1). */
export const EXTENSION = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAlternativeName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
} as const;

/** What a key may be used for, in the order of the bits. */
export const KEY_USAGES = [
  "digitalSignature",
  "contentCommitment",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

export type KeyUsage = (typeof KEY_USAGES)[number];

/** Object identifiers of the extended key usages that matter here. */
export const EXTENDED_KEY_USAGE = {
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
} as const;

/** True when the certificate says that it is an authority's. */
export function isAuthority(certificate: ParsedCertificate): boolean {
  const value = certificate.extensions.get(EXTENSION.basicConstraints)?.value;
  if (!value) return false;
  const constraints = new DerReader(value).enter(TAG.sequence);
  return constraints.optional(TAG.boolean)?.value[0] === 0xff;
}

/** The key usages, or null when the certificate does not restrict them. */
export function keyUsages(certificate: ParsedCertificate): KeyUsage[] | null {
  const value = certificate.extensions.get(EXTENSION.keyUsage)?.value;
  if (!value) return null;
  const bits = new DerReader(value).read(TAG.bitString).value;
  return KEY_USAGES.filter((_, bit) =>
    ((bits[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0
  );
}

/** Object identifiers of the extended key usages, or null when there are none. */
export function extendedKeyUsages(
  certificate: ParsedCertificate,
): string[] | null {
  const value = certificate.extensions.get(EXTENSION.extendedKeyUsage)?.value;
  if (!value) return null;
  const list = new DerReader(value).enter(TAG.sequence);
  const usages: string[] = [];
  while (!list.done) usages.push(oidText(list.read(TAG.oid).value));
  return usages;
}

/** The subject key identifier in hex, or null. */
export function subjectKeyId(certificate: ParsedCertificate): string | null {
  const value = certificate.extensions.get(EXTENSION.subjectKeyIdentifier)
    ?.value;
  return value
    ? new DerReader(value).read(TAG.octetString).value.toHex()
    : null;
}

/** The key identifier of the authority that signed, in hex, or null. */
export function authorityKeyId(certificate: ParsedCertificate): string | null {
  const value = certificate.extensions.get(EXTENSION.authorityKeyIdentifier)
    ?.value;
  if (!value) return null;
  const TAG_KEY_IDENTIFIER = 0x80;
  const identifier = new DerReader(value).enter(TAG.sequence);
  return identifier.optional(TAG_KEY_IDENTIFIER)?.value.toHex() ?? null;
}

/** The subject alternative names of a certificate or of a request for one, in its order. */
export function alternativeNames(
  certificate: Pick<ParsedCertificate, "extensions">,
): AlternativeName[] {
  const value = certificate.extensions.get(EXTENSION.subjectAlternativeName)
    ?.value;
  if (!value) return [];
  const list = new DerReader(value).enter(TAG.sequence);
  const names: AlternativeName[] = [];
  while (!list.done) {
    const element = list.read();
    switch (element.tag) {
      case 0x81:
        names.push({ type: "email", value: stringText(element) });
        break;
      case 0x82:
        names.push({ type: "DNS", value: stringText(element) });
        break;
      case 0x86:
        names.push({ type: "URI", value: stringText(element) });
        break;
      case 0x87:
        names.push({ type: "IP", value: ipText(element.value) });
        break;
      default:
        names.push({ type: "other", value: element.raw.toHex() });
    }
  }
  return names;
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) {
    throw malformed(`"${integerHex(bytes)}" is not an IP address`);
  }
  const groups = Array.from(
    { length: 8 },
    (_, i) => (bytes[2 * i]! << 8 | bytes[2 * i + 1]!).toString(16),
  );
  // The URL parser writes the canonical short form of RFC 5952.
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
