import { lockFile } from "./_file_lock.ts";
import { makeDirectory, readIfThere, writeFiles } from "./_files.ts";
import {
  ensureCertificate,
  type EnsureContext,
  identityIfAny,
  type RenewalReason,
} from "./_ensure_certificate.ts";
import {
  type AlternativeName,
  hostAlternativeName,
} from "./alternative_name.ts";
import { CertificateAuthority } from "./authority.ts";
import type { IdentityKind } from "./identity.ts";
import { IssuedIndex } from "./issued_index.ts";
import type { KeyType } from "./keys.ts";
import { nameProblem } from "./names.ts";
import { certificatesOfPem } from "./pem.ts";
import { RevocationList } from "./revocation.ts";
import { type StatePaths, statePaths } from "./state_paths.ts";
import { DEFAULT_TTL } from "./validity.ts";

/** What a state directory should have. */
export interface InitialiseOptions {
  /** Names and addresses clients use, besides localhost and the host's own. @default {[]} */
  hosts?: readonly string[];
  /** Name of the cluster, for a new authority. @default the host's name */
  cluster?: string;
  /** The host's own name, one of the server's alternative names. @default {Deno.hostname} */
  hostname?: string;
  /** What the server is. @default {what its certificate says, else "node"} */
  kind?: IdentityKind;
  /** The server's common name. @default {what its certificate says, else the host's own name} */
  name?: string;
  /** For new keys. @default {"p256"} */
  keyType?: KeyType;
  /** Of the server's and the admin's certificate, ms. @default {DEFAULT_TTL.server} */
  ttl?: number;
  /** The clock, ms since the epoch. @default {Date.now} */
  now?: () => number;
}

/** What was done to the certificates of a state directory. */
export interface InitialiseResult {
  /** Where everything is. */
  paths: StatePaths;
  /** Certificates that were made, by path. */
  created: string[];
  /** Certificates that were made again with their old key, and why. */
  renewed: { path: string; reason: RenewalReason }[];
  /** What somebody has to look after, each a sentence for people. */
  warnings: string[];
}

/**
 * Sees to it that a state directory has an authority, a server certificate and the certificate
 * of an administrator (role `admin`). What is there stays; the server's and the administrator's
 * certificates are renewed in time, and the server's is made again when it is to be another one, of
 * its old key. It may be called at every start, also by two at once.
 *
 * @throws {CertificateStoreError} `damaged` when something there can't be used, `not_found`
 * when a server certificate is missing and there is no authority's key to make it with.
 */
export async function initialise(
  stateDir: string,
  options: InitialiseOptions = {},
): Promise<InitialiseResult> {
  const { now = Date.now, keyType = "p256", ttl = DEFAULT_TTL.server } =
    options;
  const hostname = options.hostname ?? Deno.hostname();
  const paths = statePaths(stateDir);
  await makeDirectory(stateDir);
  using _lock = await lockFile(paths.lock);
  const result: InitialiseResult = {
    paths,
    created: [],
    renewed: [],
    warnings: [],
  };
  const cluster = options.cluster ?? clusterOf(hostname);
  const ca = await ensureAuthority(paths, { cluster, keyType, now });
  if (ca.created) result.created.push(paths.caCert);
  const context: EnsureContext = {
    ...ca,
    index: await IssuedIndex.load(paths.issued),
    revocations: await RevocationList.load(paths.revoked),
    now,
  };
  const ensure = async (
    files: { certificate: string; key: string },
    request: Parameters<typeof ensureCertificate>[1],
  ) => {
    const ensured = await ensureCertificate(files, request, context);
    if (ensured.did === "created") result.created.push(files.certificate);
    else if (ensured.did === "renewed") {
      result.renewed.push({ path: files.certificate, reason: ensured.reason });
    } else if (ensured.warning) result.warnings.push(ensured.warning);
  };
  const server = await serverOf(paths, { ...options, hostname });
  await ensure({ certificate: paths.serverCert, key: paths.serverKey }, {
    ...server,
    // Members of a cluster also call each other.
    usages: ["server", "client"],
    sans: serverNames([hostname, server.name], options.hosts ?? []),
    keyType,
    ttl,
  });
  // Without the authority's key there is nobody to make an administrator's certificate.
  if (ca.authority) {
    await makeDirectory(paths.adminDir);
    await copyIfChanged(ca.caPem, paths.adminCa);
    await ensure({ certificate: paths.adminCert, key: paths.adminKey }, {
      name: "admin",
      roles: ["admin"],
      keyType,
      ttl,
    });
  }
  return result;
}

async function ensureAuthority(
  paths: StatePaths,
  options: { cluster: string; keyType: KeyType; now: () => number },
): Promise<
  { authority: CertificateAuthority | null; caPem: string; created: boolean }
> {
  const certificate = await readIfThere(paths.caCert);
  const key = await readIfThere(paths.caKey);
  if (certificate !== null) {
    const authority = key === null
      ? null
      : await CertificateAuthority.load({ certificate, key }, options);
    return { authority, caPem: certificate, created: false };
  }
  await makeDirectory(paths.caDir);
  // A key without a certificate is what a crash at the first start leaves: it is taken up.
  const authority = await CertificateAuthority.create(
    key === null ? options : { ...options, key },
  );
  await writeFiles([
    ...key === null ? [{ path: paths.caKey, text: authority.keyPem }] : [],
    { path: paths.caCert, text: authority.certificatePem },
  ]);
  return { authority, caPem: authority.certificatePem, created: true };
}

async function copyIfChanged(text: string, path: string): Promise<void> {
  if (await readIfThere(path) === text) return;
  await writeFiles([{ path, text }], { replace: true });
}

/** Who the server is: as asked for, else as it was, else a node of the host's name. */
async function serverOf(
  { serverCert }: StatePaths,
  { kind, name, hostname }: InitialiseOptions & { hostname: string },
): Promise<{ name: string; kind: IdentityKind }> {
  const pem = await readIfThere(serverCert);
  const before = pem === null
    ? null
    : identityIfAny(certificatesOfPem(pem, serverCert)[0]!);
  return {
    kind: kind ?? before?.kind ?? "node",
    name: name ?? before?.name ??
      (nameProblem(hostname) === null ? hostname : "server"),
  };
}

function serverNames(
  names: readonly string[],
  hosts: readonly string[],
): AlternativeName[] {
  // The address to listen on everywhere is no address to connect to.
  const given = hosts.filter((host) => !/^(?:0\.0\.0\.0|\[?::\]?)$/.test(host));
  const own = names.filter((name) =>
    nameProblem(name) === null && /^[\w.-]+$/.test(name)
  );
  const all = ["localhost", ...own, "127.0.0.1", "::1", ...given];
  return [...new Set(all)].map(hostAlternativeName);
}

function clusterOf(hostname: string): string {
  return hostname.toLowerCase().replaceAll(/[^a-z0-9._-]/g, "-")
    .replace(/^[._-]+/, "").slice(0, 63).replace(/[._-]+$/, "") || "worker";
}
