import { CertificateStoreError } from "./errors.ts";

const DAY_MS = 86_400_000;

/** How long certificates are good for, unless told otherwise: ms. */
export const DEFAULT_TTL = {
  authority: 3650 * DAY_MS,
  server: 365 * DAY_MS,
  client: 90 * DAY_MS,
} as const;

/** Certificates begin this long ago, for peers whose clock is behind. */
const BACKDATE_MS = 5 * 60_000;

/** When a certificate with that beginning was issued: ms since the epoch. */
export function issuedAt({ notBefore }: { notBefore: number }): number {
  return notBefore + BACKDATE_MS;
}

/**
 * From when to when a certificate is good.
 *
 * @param now ms since the epoch.
 * @throws {CertificateStoreError} `invalid` when the ttl is under a second, or nothing is left
 * until `end`, the end of the authority (ms since the epoch), where every certificate is cut.
 */
export function validity(
  now: number,
  { ttl, end = Infinity }: { ttl: number; end?: number },
): { notBefore: Date; notAfter: Date } {
  if (!(ttl >= 1000)) {
    throw new CertificateStoreError(
      "invalid",
      `a validity of ${ttl} ms is too short: give at least "1s"`,
    );
  }
  if (now >= end) {
    throw new CertificateStoreError(
      "invalid",
      `the authority's own certificate expired at ${
        new Date(end).toISOString()
      }: make a new authority with \`worker certs init\` in another state directory`,
    );
  }
  // X.509 has whole seconds, and no year past 9999.
  const last = Math.min(now + ttl, end, Date.UTC(9999, 0));
  return {
    notBefore: new Date(now - BACKDATE_MS),
    notAfter: new Date(Math.floor(last / 1000) * 1000),
  };
}
