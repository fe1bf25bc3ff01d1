import {
  type CertificateAuthority,
  certificatePin,
  certificatesOfPem,
  hostAlternativeName,
  parseCertificate,
} from "../../certs/mod.ts";
import type {
  CaAnswer,
  MemberCertificate,
  MemberKind,
} from "../api/cluster.ts";
import type { MemberCertificateRecord } from "./members.ts";

/** How long a member's certificate is good: ms. It is renewed at half of that. */
export const MEMBER_CERTIFICATE_TTL_MS = 30 * 86_400_000;

/** A certificate to be made for a member. */
export interface MemberCertificateRequest {
  kind: MemberKind;
  name: string;
  /** Host names and addresses besides the name. */
  hosts: readonly string[];
  /** DER of the SubjectPublicKeyInfo. */
  publicKey: Uint8Array;
  /** Milliseconds. */
  ttl: number;
}

/**
 * Issues a member's certificate: it dials with it and serves with it, has no roles, and is good for
 * its own name.
 *
 * @throws {CertificateStoreError} `invalid`
 */
export async function issueMemberCertificate(
  authority: CertificateAuthority,
  { kind, name, hosts, publicKey, ttl }: MemberCertificateRequest,
): Promise<{ answer: MemberCertificate; record: MemberCertificateRecord }> {
  const names = [...new Set([name.toLowerCase(), ...hosts])];
  const { certificatePem, serial, fingerprint, notBefore: _, notAfter } =
    await authority.certify({
      name,
      kind,
      publicKey,
      usages: ["client", "server"],
      sans: names.map(hostAlternativeName),
      ttl,
    });
  return {
    answer: {
      kind,
      certificate: certificatePem,
      notAfter: new Date(notAfter).toISOString(),
      // It may be cut at the authority's own end.
      renewAt: new Date(notAfter - ttl / 2).toISOString(),
      hosts: names,
    },
    record: {
      serial,
      fingerprint,
      issuer: certificatePin(authority.certificate),
      notAfter,
    },
  };
}

/** Whom the cluster trusts, as it is answered. */
export function caAnswer(
  { cluster, bundlePem }: CertificateAuthority,
): CaAnswer {
  return { cluster, ca: bundlePem, caPins: pinsOf(bundlePem) };
}

/** The pins of all authorities in a PEM text. */
export function pinsOf(bundle: string): string[] {
  return certificatesOfPem(bundle, "the CA bundle").map((der) =>
    certificatePin(parseCertificate(der))
  );
}
