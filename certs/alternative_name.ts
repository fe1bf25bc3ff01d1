import { isIP } from "node:net";
import { CertificateStoreError } from "./errors.ts";

/** One subject alternative name, written as `certs issue --san` takes it. */
export interface AlternativeName {
  /** `other` is what has no text form of its own. */
  type: "DNS" | "IP" | "URI" | "email" | "other";
  /** The name; for `other` its DER in hex. */
  value: string;
}

const DNS_NAME = /^(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;

/**
 * Reads `DNS:host`, `IP:address` or `URI:uri`.
 *
 * @throws {CertificateStoreError} `invalid`
 */
export function parseAlternativeName(text: string): AlternativeName {
  const [, type, value] = /^(DNS|IP|URI):(.+)$/i.exec(text) ?? [];
  switch (type?.toUpperCase()) {
    case "DNS":
      if (DNS_NAME.test(value!) && value!.length < 254) {
        return { type: "DNS", value: value! };
      }
      break;
    case "IP":
      if (isIP(value!) !== 0 && !value!.includes("%")) {
        return { type: "IP", value: value! };
      }
      break;
    case "URI":
      if (/^spiffe:/i.test(value!)) {
        throw new CertificateStoreError(
          "invalid",
          `"${text}" can't be given: a certificate's SPIFFE identity comes from its name`,
        );
      }
      if (URL.canParse(value!)) return { type: "URI", value: value! };
  }
  throw new CertificateStoreError(
    "invalid",
    `"${text}" is not an alternative name: write DNS:host.example, IP:192.0.2.1 or URI:https://example`,
  );
}

/**
 * The alternative name by which clients check a host they connect to: an address (also in the
 * brackets of a URL) or a DNS name.
 *
 * @throws {CertificateStoreError} `invalid`
 */
export function hostAlternativeName(host: string): AlternativeName {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return parseAlternativeName(`${isIP(bare) === 0 ? "DNS" : "IP"}:${bare}`);
}
