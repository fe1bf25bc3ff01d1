import type { Extension } from "@peculiar/x509";
import { EXTENDED_KEY_USAGE } from "./_extensions.ts";
import type { AlternativeName } from "./alternative_name.ts";
import { CertificateStoreError } from "./errors.ts";
import type { IdentityKind } from "./identity.ts";
import { spiffeUri } from "./names.ts";
import type { CertificateUsage } from "./verify.ts";

/** The extensions of a certificate that a peer shows. */
export async function peerExtensions(
  of: {
    id: { cluster: string; kind: IdentityKind; name: string };
    usages: readonly CertificateUsage[];
    sans: readonly AlternativeName[];
    publicKey: CryptoKey;
    /** Of the authority; null when it has none. */
    authorityKeyId: string | null;
  },
): Promise<Extension[]> {
  const x509 = await import("./_x509.ts");
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(
      of.usages.map((usage) => EXTENDED_KEY_USAGE[usage]),
    ),
    await x509.SubjectKeyIdentifierExtension.create(of.publicKey),
    ...of.authorityKeyId === null
      ? []
      : [new x509.AuthorityKeyIdentifierExtension(of.authorityKeyId)],
    new x509.SubjectAlternativeNameExtension([
      { type: "url", value: spiffeUri(of.id) },
      ...of.sans.map(generalName),
    ]),
  ];
}

function generalName(
  { type, value }: AlternativeName,
): { type: "dns" | "ip" | "url" | "email"; value: string } {
  switch (type) {
    case "DNS":
      return { type: "dns", value };
    case "IP":
      return { type: "ip", value };
    case "URI":
      return { type: "url", value };
    case "email":
      return { type: "email", value };
    case "other":
      throw new CertificateStoreError(
        "invalid",
        `the alternative name "${value}" can't be issued: use DNS, IP or URI`,
      );
  }
}
