import {
  alternativeNames,
  EXTENDED_KEY_USAGE,
  extendedKeyUsages,
} from "./_extensions.ts";
import { type FileContent, readIfThere, writeFiles } from "./_files.ts";
import { isSignedBy } from "./_signature.ts";
import type { AlternativeName } from "./alternative_name.ts";
import { namesAsIssuer, readAuthorities } from "./authorities.ts";
import type { CertificateAuthority } from "./authority.ts";
import { CertificateError, CertificateStoreError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import { fingerprintOf, identityOf } from "./identity_of.ts";
import type { IssueRequest } from "./issue_request.ts";
import type { IssuedIndex } from "./issued_index.ts";
import {
  parseCertificate,
  type ParsedCertificate,
} from "./parsed_certificate.ts";
import { certificatesOfPem } from "./pem.ts";
import type { RevocationList } from "./revocation.ts";

/** Why a certificate was made again. */
export type RenewalReason =
  | "expired"
  | "expiring"
  | "identity"
  | "hosts"
  /** The authority that issued it is being replaced. */
  | "authority";

/** What became of a certificate that has to be there. */
export type Ensured =
  | { did: "created" }
  | { did: "renewed"; reason: RenewalReason }
  | { did: "nothing"; warning: string | null };

/** What the certificates of one state directory share. */
export interface EnsureContext {
  /** Null when the authority's key is kept elsewhere. */
  authority: CertificateAuthority | null;
  /** PEM of the authority's certificate. */
  caPem: string;
  index: IssuedIndex;
  revocations: RevocationList;
  now: () => number;
}

/**
 * Makes a certificate when it is missing, and makes it again when under a third of its life is
 * left, it says that its holder is somebody else, a host is missing in it, or its authority is being
 * replaced. The key stays, so that one rename replaces it all at once. What another authority issued,
 * and what was revoked, is left alone.
 */
export async function ensureCertificate(
  paths: { certificate: string; key: string },
  request: IssueRequest,
  context: EnsureContext,
): Promise<Ensured> {
  const { authority, now } = context;
  const pem = await readIfThere(paths.certificate);
  const key = await readIfThere(paths.key);
  if (pem === null) {
    if (!authority) {
      throw new CertificateStoreError(
        "not_found",
        `"${paths.certificate}" is not there, and without the authority's key it can't be made: put it and its key there`,
      );
    }
    await issue(paths, {
      request,
      key,
      replace: false,
      context: { ...context, authority },
    });
    return { did: "created" };
  }
  const [der] = certificatesOfPem(pem, paths.certificate);
  const certificate = parseCertificate(der!);
  const own = isOwn(certificate, context.caPem);
  // While the authority is replaced, what it has issued before is trusted still.
  const isOld = own && authority !== null &&
    !isOwn(certificate, authority.certificatePem) &&
    context.index.all.some(({ serial }) => serial === certificate.serial);
  const why = renewalReason(certificate, request, now()) ??
    (isOld ? "authority" : null);
  if (why === null) return { did: "nothing", warning: null };
  const obstacle = !own
    ? "another authority issued it"
    : context.revocations.has({
        serial: certificate.serial,
        fingerprint: fingerprintOf(certificate.raw),
      })
    ? "it was revoked"
    : key === null
    ? "its key is not there"
    : !authority
    ? "the authority's key is not there"
    : why.startsWith("expir") &&
        authority.certificate.notAfter <= certificate.notAfter
    ? "the authority's own certificate ends with it"
    : null;
  if (obstacle !== null || !authority) {
    return {
      did: "nothing",
      // One from elsewhere may well say other things; its owner knows.
      warning: own || why.startsWith("expir")
        ? warning(paths.certificate, why, obstacle)
        : null,
    };
  }
  const sans = union(alternativeNames(certificate), request.sans ?? []);
  await issue(paths, {
    request: { ...request, sans },
    key,
    replace: true,
    context: { ...context, authority },
  });
  return { did: "renewed", reason: why };
}

async function issue(
  paths: { certificate: string; key: string },
  { request, key, replace, context }: {
    request: IssueRequest;
    key: string | null;
    replace: boolean;
    context: EnsureContext & { authority: CertificateAuthority };
  },
): Promise<void> {
  const issued = await context.authority.issue(
    key === null ? request : { ...request, key },
  );
  await context.index.add(issued, context.now());
  const files: FileContent[] = [
    ...key === null ? [{ path: paths.key, text: issued.keyPem }] : [],
    { path: paths.certificate, text: issued.certificatePem },
  ];
  await writeFiles(files, { replace });
}

function renewalReason(
  certificate: ParsedCertificate,
  request: IssueRequest,
  now: number,
): RenewalReason | null {
  const { notBefore, notAfter } = certificate;
  if (now > notAfter) return "expired";
  if (notAfter - now < (notAfter - notBefore) / 3) return "expiring";
  if (!isFor(certificate, request)) return "identity";
  const { sans = [] } = request;
  const there = alternativeNames(certificate);
  return sans.every((san) => there.some((other) => isSame(san, other)))
    ? null
    : "hosts";
}

/** Whether it says of its holder what is asked for: its name, what it is, what it may be used for. */
function isFor(
  certificate: ParsedCertificate,
  { name, kind = "user", usages = ["client"] }: IssueRequest,
): boolean {
  const identity = identityIfAny(certificate);
  const there = extendedKeyUsages(certificate) ?? [];
  return identity?.name === name && identity.kind === kind &&
    usages.every((usage) => there.includes(EXTENDED_KEY_USAGE[usage]));
}

/** What a certificate says about its holder; null when that is nobody, as in one from elsewhere. */
export function identityIfAny(
  certificate: Uint8Array | ParsedCertificate,
): Identity | null {
  try {
    return identityOf(certificate);
  } catch (error) {
    if (error instanceof CertificateError) return null;
    throw error;
  }
}

function isOwn(certificate: ParsedCertificate, caPem: string): boolean {
  return readAuthorities(caPem).some((authority) =>
    namesAsIssuer(certificate, authority) &&
    isSignedBy(certificate, authority.publicKey)
  );
}

/** The names of both; the SPIFFE identity is made anew by the authority. */
function union(
  old: readonly AlternativeName[],
  wanted: readonly AlternativeName[],
): AlternativeName[] {
  const kept = old.filter(({ type, value }) =>
    type === "DNS" || type === "IP" ||
    (type === "URI" && !value.startsWith("spiffe:"))
  );
  return [
    ...kept,
    ...wanted.filter((san) => !kept.some((other) => isSame(san, other))),
  ];
}

function isSame(a: AlternativeName, b: AlternativeName): boolean {
  return a.type === b.type && a.value.toLowerCase() === b.value.toLowerCase();
}

function warning(
  path: string,
  why: RenewalReason,
  obstacle: string | null,
): string | null {
  if (why === "hosts") return null;
  const state = {
    expired: "has expired",
    expiring: "expires soon",
    authority: "is of the authority that was replaced",
    identity: "is of another name or kind than the server is now",
  }[why];
  return `"${path}" ${state} and can't be renewed here: ${obstacle}`;
}
