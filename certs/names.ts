import { CertificateStoreError } from "./errors.ts";
import type { IdentityKind } from "./identity.ts";

/** X.520 allows no longer common name or organization. */
const MAX_NAME_CHARACTERS = 64;

/** Object identifiers of the attributes a name is read from. */
export const ATTRIBUTE = { commonName: "2.5.4.3", organization: "2.5.4.10" };

/**
 * Says what keeps a text from being a name or a role, or null. Such a text becomes a common name,
 * a file name, a part of a URI and a column of a table.
 */
export function nameProblem(name: string): string | null {
  if (name === "") return "it is empty";
  if (name.length > MAX_NAME_CHARACTERS) {
    return `it is longer than ${MAX_NAME_CHARACTERS} characters`;
  }
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(name)) return "it has control characters";
  if (/[/\\]/.test(name)) return "it has a slash";
  if (name.trim() !== name) return "it begins or ends with a space";
  if (/^[.-]/.test(name)) return `it begins with "${name[0]}"`;
  return null;
}

/**
 * Gives a name back that can be issued.
 *
 * @throws {CertificateStoreError} `invalid`
 */
export function checkedName(name: string, what = "name"): string {
  // With --out, the authority's own certificate stands beside NAME.crt as ca.crt.
  const problem = nameProblem(name) ??
    (what === "name" && name === "ca"
      ? "it is kept for the authority's own certificate"
      : null);
  if (problem) {
    throw new CertificateStoreError(
      "invalid",
      `"${name}" can't be a ${what}: ${problem}; use letters, digits, ".", "-" and "_"`,
    );
  }
  return name;
}

/**
 * Gives the name of a cluster back: it is a SPIFFE trust domain.
 *
 * @throws {CertificateStoreError} `invalid`
 */
export function checkedCluster(cluster: string): string {
  if (/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/.test(cluster)) return cluster;
  throw new CertificateStoreError(
    "invalid",
    `"${cluster}" can't be the name of a cluster: use at most 64 lower-case letters, digits, ".", "-" and "_"`,
  );
}

/** The URI that says what the holder of a certificate is. */
export function spiffeUri(
  id: { cluster: string; kind: IdentityKind; name: string },
): string {
  return `spiffe://${id.cluster}/${id.kind}/${encodeURIComponent(id.name)}`;
}

/** The parts of a URI that {@linkcode spiffeUri} made; null for any other. */
export function parseSpiffeUri(
  uri: string,
): { cluster: string; kind: IdentityKind; name: string } | null {
  const match = /^spiffe:\/\/([a-z0-9._-]+)\/(user|node|proxy|auth)\/([^/]+)$/
    .exec(uri);
  if (!match) return null;
  const [, cluster, kind, name] = match;
  try {
    return {
      cluster: cluster!,
      kind: kind as IdentityKind,
      name: decodeURIComponent(name!),
    };
  } catch {
    return null;
  }
}
