import {
  EXTENDED_KEY_USAGE,
  extendedKeyUsages,
  EXTENSION,
  isAuthority,
  keyUsages,
} from "./_extensions.ts";
import { malformed } from "./_der.ts";
import { isAcceptedAlgorithm, isSignedBy } from "./_signature.ts";
import {
  namesAsIssuer,
  readAuthorities,
  type TrustedAuthority,
} from "./authorities.ts";
import { CertificateError } from "./errors.ts";
import type { Identity } from "./identity.ts";
import { identityOf } from "./identity_of.ts";
import {
  parseCertificate,
  type ParsedCertificate,
} from "./parsed_certificate.ts";
import type { RevocationList } from "./revocation.ts";

/** What a peer wants to be accepted as. */
export type CertificateUsage = "client" | "server";

/** What a {@linkcode PeerVerifier} judges by. */
export interface PeerVerifierOptions {
  /** PEM of one or more authorities; each signs peers itself. */
  caBundle: string;
  /** What is refused though an authority signed it. */
  revocations: Pick<RevocationList, "has">;
  /** The clock, ms since the epoch. @default {Date.now} */
  now?: () => number;
}

/** Critical extensions that are understood; RFC 5280 asks to refuse any other. */
const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(EXTENSION));

/** How many certificates are remembered as signed, so that the next connection is cheap. */
const MAX_REMEMBERED_SIGNATURES = 4096;

/**
 * Decides whether a peer's certificate is good. It judges the certificate itself and not what
 * the TLS engine says about it, because a resumed session skips the engine's check.
 *
 * Verify on every connection, and recheck on every request: the first costs one signature for a
 * certificate never seen before and some 40 µs from then on, the second only looks things up.
 */
export class PeerVerifier {
  readonly #revocations: Pick<RevocationList, "has">;
  readonly #now: () => number;
  #authorities: TrustedAuthority[];
  /** Fingerprint of a certificate to the authority that signed it; the oldest leaves first. */
  readonly #signed = new Map<string, TrustedAuthority>();
  readonly #issuers = new WeakMap<Identity, TrustedAuthority>();

  /**
   * Trusts the authorities of the bundle.
   *
   * @throws {CertificateStoreError} `damaged` when the bundle can't be used.
   */
  constructor(options: PeerVerifierOptions) {
    this.#authorities = readAuthorities(options.caBundle);
    this.#revocations = options.revocations;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Verifies a peer's certificate: issued and signed by a trusted authority, both in date, for
   * this usage, no authority itself, not revoked, with a name.
   *
   * @param rawDer The certificate as the handshake carried it.
   * @returns The identity, frozen; give this very object to {@linkcode recheck}.
   * @throws {CertificateError}
   */
  verify(rawDer: Uint8Array, usage: CertificateUsage = "client"): Identity {
    // A copy: the caller's buffer may be the TLS engine's, and the views below live on.
    const certificate = parseCertificate(rawDer.slice());
    refuseUnknownCritical(certificate);
    const fingerprinted = identityOrError(certificate);
    const authority = this.#authorityOf(certificate, fingerprinted);
    this.#checkDates(certificate, "the certificate");
    this.#checkDates(authority.certificate, "the authority's certificate");
    checkUsage(certificate, usage);
    if (fingerprinted instanceof CertificateError) throw fingerprinted;
    this.#checkRevoked(fingerprinted);
    Object.freeze(fingerprinted.roles);
    this.#issuers.set(Object.freeze(fingerprinted), authority);
    return fingerprinted;
  }

  /**
   * Checks again what can change while a connection is open: the end of validity, revocation,
   * and whether the authority is still trusted.
   *
   * @param identity What {@linkcode verify} of this verifier returned.
   * @throws {CertificateError} `expired`, `revoked` or `unknown_authority`
   */
  recheck(identity: Identity): void {
    // First: who was put out is, also when the certificate counts no more for another reason.
    this.#checkRevoked(identity);
    const authority = this.#issuers.get(identity);
    if (!authority || !this.#authorities.includes(authority)) {
      throw new CertificateError(
        "unknown_authority",
        `the authority that issued the certificate of "${identity.name}" is not trusted any more: get a new certificate`,
      );
    }
    const now = this.#now();
    if (now > identity.notAfter) {
      throw expired("the certificate", identity.notAfter);
    }
    if (now > authority.certificate.notAfter) {
      throw expired(
        "the authority's certificate",
        authority.certificate.notAfter,
      );
    }
  }

  /**
   * Trusts these authorities from now on. Identities whose authority stays are not affected.
   *
   * @throws {CertificateStoreError} `damaged`; the authorities so far stay in force.
   */
  replaceAuthorities(pem: string): void {
    const known = new Map(this.#authorities.map((a) => [a.fingerprint, a]));
    this.#authorities = readAuthorities(pem).map((authority) =>
      known.get(authority.fingerprint) ?? authority
    );
    for (const [fingerprint, authority] of this.#signed) {
      if (!this.#authorities.includes(authority)) {
        this.#signed.delete(fingerprint);
      }
    }
  }

  #authorityOf(
    certificate: ParsedCertificate,
    identity: Identity | CertificateError,
  ): TrustedAuthority {
    const fingerprint = identity instanceof CertificateError
      ? null
      : identity.fingerprint;
    const remembered = fingerprint && this.#signed.get(fingerprint);
    if (remembered) return remembered;
    const named = this.#authorities.filter((authority) =>
      namesAsIssuer(certificate, authority)
    );
    if (named.length === 0) {
      throw new CertificateError(
        "unknown_authority",
        "the certificate was not issued by an authority that is trusted here: use one that `worker certs issue` made for this server",
      );
    }
    const authority = named.find(({ publicKey }) =>
      isSignedBy(certificate, publicKey)
    );
    if (!authority) {
      const { signatureAlgorithm } = certificate;
      throw new CertificateError(
        "bad_signature",
        isAcceptedAlgorithm(signatureAlgorithm)
          ? "the certificate names a trusted authority as its issuer, but that authority did not sign it"
          : `the certificate's signature algorithm "${signatureAlgorithm}" is not accepted: use ECDSA, Ed25519 or RSA with SHA-256 or longer`,
      );
    }
    if (fingerprint) this.#remember(fingerprint, authority);
    return authority;
  }

  #remember(fingerprint: string, authority: TrustedAuthority): void {
    if (this.#signed.size >= MAX_REMEMBERED_SIGNATURES) {
      const [oldest] = this.#signed.keys();
      this.#signed.delete(oldest!);
    }
    this.#signed.set(fingerprint, authority);
  }

  #checkDates({ notBefore, notAfter }: ParsedCertificate, what: string): void {
    const now = this.#now();
    if (now > notAfter) throw expired(what, notAfter);
    if (now < notBefore) {
      throw new CertificateError(
        "not_yet_valid",
        `${what} is not valid before ${
          new Date(notBefore).toISOString()
        }: check the clocks of both hosts`,
      );
    }
  }

  #checkRevoked(identity: Identity): void {
    if (this.#revocations.has(identity)) {
      throw new CertificateError(
        "revoked",
        `the certificate of "${identity.name}" (serial ${identity.serial}) was revoked: get a new one`,
      );
    }
  }
}

/** A missing name is told last, after everything that says the certificate is not even ours. */
function identityOrError(
  certificate: ParsedCertificate,
): Identity | CertificateError {
  try {
    return identityOf(certificate);
  } catch (error) {
    if (error instanceof CertificateError && error.reason === "no_name") {
      return error;
    }
    throw error;
  }
}

function refuseUnknownCritical({ extensions }: ParsedCertificate): void {
  for (const [oid, { critical }] of extensions) {
    if (critical && !UNDERSTOOD.has(oid)) {
      throw malformed(
        `its critical extension ${oid} is not understood`,
      );
    }
  }
}

function checkUsage(
  certificate: ParsedCertificate,
  usage: CertificateUsage,
): void {
  if (isAuthority(certificate)) {
    throw wrongUsage("it is an authority's own certificate", usage);
  }
  // "Any" usage is not taken for this one: who wanted a client certificate said so.
  if (!extendedKeyUsages(certificate)?.includes(EXTENDED_KEY_USAGE[usage])) {
    throw wrongUsage(
      `its extended key usage does not have "${usage}Auth"`,
      usage,
    );
  }
  if (keyUsages(certificate)?.includes("digitalSignature") === false) {
    throw wrongUsage("its key may not make digital signatures", usage);
  }
}

function wrongUsage(why: string, usage: CertificateUsage): CertificateError {
  return new CertificateError(
    "wrong_usage",
    `the certificate is not for a ${usage}: ${why}`,
  );
}

function expired(what: string, notAfter: number): CertificateError {
  return new CertificateError(
    "expired",
    `${what} expired at ${
      new Date(notAfter).toISOString()
    }: get a new one, or check the clocks of both hosts`,
  );
}
