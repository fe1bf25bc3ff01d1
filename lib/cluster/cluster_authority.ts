import {
  CertificateAuthority,
  certificatesOfPem,
  type Identity,
  parseCertificate,
  PeerVerifier,
  pinOf,
  readCertificateRequest,
  type RevocationList,
  statePaths,
} from "../../certs/mod.ts";

import {
  type CaAnswer,
  type JoinAnswer,
  type JoinRequest,
  type MemberCertificate,
  type MemberKind,
  type RenewRequest,
} from "../api/cluster.ts";
import { WorkerError } from "../api/errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import type { JoinTokens, TokenRecord } from "./join_tokens.ts";
import {
  caAnswer,
  issueMemberCertificate,
  MEMBER_CERTIFICATE_TTL_MS,
  pinsOf,
} from "./member_issuer.ts";
import type { MemberRecord, Members } from "./members.ts";
import { knownMember, memberId, shownCertificate } from "./known_member.ts";
import { type ClaimJudgement, refuseClaim, refuseTaken } from "./name_claim.ts";
import { checkLabels, hostsAllowed, rolesAllowed } from "./token_rights.ts";
import { told } from "./worker_error_of.ts";

/** How long after the end of its last certificate a member may come back with its key: ms. */
const REJOIN_GRACE_MS = 30 * 86_400_000;

/** What a {@linkcode ClusterAuthority} is made of. */
export interface ClusterAuthorityOptions {
  tokens: JoinTokens;
  members: Members;
  revocations: RevocationList;
  /** The authority as it is now; asked for each time, because it may be replaced. */
  authority(): Promise<CertificateAuthority>;
  /** Life of a member's certificate, ms. @default {MEMBER_CERTIFICATE_TTL_MS} 30 days */
  certificateTtl?: number;
  /** How long after its end a member may come back, ms. @default 30 days */
  rejoinGrace?: number;
  clock?: Clock;
}

/** Reads the authority of a state directory, anew for every call. */
export function authorityOf(
  stateDir: string,
  clock: Clock = SYSTEM_CLOCK,
): () => Promise<CertificateAuthority> {
  const { caCert, caKey } = statePaths(stateDir);
  return async () =>
    await CertificateAuthority.load({
      certificate: await Deno.readTextFile(caCert),
      key: await Deno.readTextFile(caKey),
    }, { now: () => clock.now() });
}

/**
 * Lets hosts into the cluster: with a token the first time, by their certificate to renew it, and
 * by their key when that certificate is over. All errors are {@linkcode WorkerError}s.
 */
export class ClusterAuthority {
  readonly #tokens: JoinTokens;
  readonly #members: Members;
  readonly #revocations: RevocationList;
  readonly #authority: () => Promise<CertificateAuthority>;
  readonly #ttl: number;
  readonly #grace: number;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ClusterAuthorityOptions) {
    this.#tokens = options.tokens;
    this.#members = options.members;
    this.#revocations = options.revocations;
    this.#authority = options.authority;
    this.#ttl = options.certificateTtl ?? MEMBER_CERTIFICATE_TTL_MS;
    this.#grace = options.rejoinGrace ?? REJOIN_GRACE_MS;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /** Whom the cluster trusts. */
  ca(): Promise<CaAnswer> {
    return told(async () => caAnswer(await this.#authority()));
  }

  /**
   * Lets a host in.
   *
   * @throws {WorkerError} `UNAUTHENTICATED` for a token or certificate that is not good,
   * `PERMISSION_DENIED` for what the token does not allow and for a revoked member, `CONFLICT` for
   * a name that another host has, `INVALID_ARGUMENT` for a request that can't be used.
   */
  join(request: JoinRequest): Promise<JoinAnswer> {
    const { token, certificate } = request;
    return told(() =>
      token !== null
        ? this.#inTurn(() => this.#joinAnew(token, request))
        : this.#comeBack(certificate!, request)
    );
  }

  /**
   * Renews the certificate of a member that showed the one it has; its key may be another one now.
   *
   * @param identity Verified by the connection, revocation included.
   * @throws {WorkerError} `PERMISSION_DENIED` when it is no member, or not any more.
   */
  renew(identity: Identity, request: RenewRequest): Promise<JoinAnswer> {
    return told(async () => {
      const id = memberId(identity);
      const member = knownMember(await this.#members.get(id), id);
      shownCertificate(member, identity);
      const csr = await readCertificateRequest(request.csr);
      const labels = request.labels ?? member.labels;
      checkLabels({ roles: [id.kind], ...member.allowed }, labels);
      return await this.#issue(await this.#kindsOf(member), {
        name: id.name,
        csr,
        change: (now, kind) => ({
          ...knownMember(now, { kind, name: id.name }),
          labels,
        }),
        allowed: member.allowed,
      });
    });
  }

  async #joinAnew(token: string, request: JoinRequest): Promise<JoinAnswer> {
    const rights = await this.#tokens.check(token);
    const { name, labels } = request;
    const roles = rolesAllowed(rights, request.roles);
    checkLabels(rights, labels);
    const csr = await readCertificateRequest(request.csr);
    const key = pinOf(csr.publicKey);
    const { hosts } = rights;
    refuseClaim({ name, key, hosts }, await this.#judgement());
    await this.#tokens.use(token, { name, key });
    const now = this.#clock.now();
    const id = await this.#members.idOf(name, key);
    return await this.#issue(roles, {
      name,
      csr,
      allowed: rights,
      change: (member, kind) => {
        if (member) refuseTaken(member, { key }, this.#times());
        return {
          id,
          own: false,
          kind,
          name,
          labels,
          allowed: { labels: rights.labels, hosts: rights.hosts },
          key,
          certificates: member?.revoked ? [] : member?.certificates ?? [],
          trusts: [],
          joinedAt: now,
          renewedAt: now,
          revoked: null,
        };
      },
    });
  }

  /** With the key of a certificate that is over: the request is signed with it. */
  async #comeBack(pem: string, request: JoinRequest): Promise<JoinAnswer> {
    const authority = await this.#authority();
    const [der] = certificatesOfPem(pem, "the certificate");
    const { notAfter, publicKey } = parseCertificate(der!);
    const now = this.#clock.now();
    const verifier = new PeerVerifier({
      caBundle: authority.bundlePem,
      revocations: this.#revocations,
      // As it was judged when it was good: how long ago that was is looked at below.
      now: () => Math.min(now, notAfter),
    });
    const identity = verifier.verify(der!);
    const id = memberId(identity);
    if (now - notAfter > this.#grace) {
      throw new WorkerError(
        "UNAUTHENTICATED",
        `the certificate of the ${id.kind} "${id.name}" is over since ${
          new Date(notAfter).toISOString()
        }, too long to come back with it: join again with a token`,
      );
    }
    const member = knownMember(await this.#members.get(id), id);
    const csr = await readCertificateRequest(request.csr);
    const key = pinOf(csr.publicKey);
    if (key !== pinOf(publicKey) || key !== member.key) {
      throw denied(
        `the ${id.kind} "${id.name}" can come back with the key it has only: join again with a token`,
      );
    }
    checkLabels({ roles: [id.kind], ...member.allowed }, request.labels);
    return await this.#issue(await this.#kindsOf(member), {
      name: id.name,
      csr,
      allowed: member.allowed,
      change: (now, kind) => ({
        ...knownMember(now, { kind, name: id.name }),
        labels: request.labels,
      }),
    });
  }

  /** All that the host of a member is: it has one key, and is renewed together. */
  async #kindsOf(member: MemberRecord): Promise<MemberKind[]> {
    const { kind, key } = member;
    const others = (await this.#members.hostOf(member)).filter((other) =>
      other.kind !== kind && other.key === key && !other.revoked
    );
    return [kind, ...others.map((other) => other.kind)];
  }

  async #issue(
    kinds: readonly MemberKind[],
    { name, csr, allowed, change }: {
      name: string;
      csr: Awaited<ReturnType<typeof readCertificateRequest>>;
      allowed: Pick<TokenRecord, "hosts">;
      change: (member: MemberRecord | null, kind: MemberKind) => MemberRecord;
    },
  ): Promise<JoinAnswer> {
    const authority = await this.#authority();
    const hosts = hostsAllowed({ roles: [], labels: [], ...allowed }, csr.sans);
    const certificates: MemberCertificate[] = [];
    for (const kind of kinds) {
      const { answer, record } = await issueMemberCertificate(authority, {
        ...{ kind, name, hosts, publicKey: csr.publicKey },
        ttl: this.#ttl,
      });
      // Written down before it is given away: what nobody knows of could not be revoked.
      await this.#members.update({ kind, name }, (member) => {
        const changed = change(member, kind);
        return {
          ...changed,
          key: pinOf(csr.publicKey),
          certificates: [...changed.certificates, record],
          trusts: pinsOf(authority.bundlePem),
          renewedAt: this.#clock.now(),
        };
      });
      certificates.push(answer);
    }
    return { ...caAnswer(authority), certificates };
  }

  async #judgement(): Promise<ClaimJudgement> {
    return { members: await this.#members.list(), ...this.#times() };
  }

  #times(): { now: number; grace: number } {
    return { now: this.#clock.now(), grace: this.#grace };
  }

  /** One join after the other: two hosts at once could find the same name free. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function denied(message: string): WorkerError {
  return new WorkerError("PERMISSION_DENIED", message);
}
