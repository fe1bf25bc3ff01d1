/** What a certificate says its holder is, from its `spiffe://<cluster>/<kind>/<name>` URI. */
export type IdentityKind = "user" | "node" | "proxy" | "auth";

/** Who is at the other end of a connection, read from a certificate that was verified. */
export interface Identity {
  /** The common name. */
  name: string;
  /** The organizations (O), as in Kubernetes. */
  roles: string[];
  /** From the URI SAN; null when the certificate has none. */
  kind: IdentityKind | null;
  /** SHA-256 of the certificate in lower-case hex. */
  fingerprint: string;
  /** Serial number in lower-case hex. */
  serial: string;
  /** End of validity, ms since the epoch. */
  notAfter: number;
}
