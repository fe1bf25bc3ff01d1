import { getLogger } from "@logtape/logtape";
import {
  createCertificateRequest,
  hostAlternativeName,
  type MemberIdentity,
  memberKey,
  readMember,
  replaceAuthorities,
  statePaths,
  writeMember,
} from "../../../certs/mod.ts";
import type {
  JoinAnswer,
  MemberCertificate,
  MemberKind,
} from "../../api/cluster.ts";
import { JoinAnswerSchema } from "../../api/cluster_schema.ts";
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import { pinsOf } from "../../cluster/member_issuer.ts";
import { hostOf } from "../../cluster/host_of.ts";
import { isTokenOpenToAll, readJoinToken } from "../../config/join_token.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import { givenCertificate } from "./given_certificate.ts";
import { joinThroughAny } from "./join_through_any.ts";
import type { KnownServers } from "./known_servers.ts";
import { memberProblem, notJoined } from "./member_problem.ts";
import { primaryKind } from "./primary_kind.ts";

const logger = getLogger(["worker", "cluster"]);

/** How a member asks the cluster, over the certificate that it has. */
export interface ClusterCalls {
  call(
    call: { method: "POST"; path: string; body: unknown; signal: AbortSignal },
  ): Promise<unknown>;
}

/** What a {@linkcode Membership} is made of. */
export interface MembershipParts {
  live: LiveConfig;
  servers: KnownServers;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
}

/**
 * What a host has of a cluster whose authority is elsewhere: a key that never leaves it, the
 * certificate that it joined with, and whom it trusts.
 *
 * A token is for the first time only. Whoever has a certificate has it renewed over that one; when
 * it is over, the old key is what lets the host come back.
 */
export class Membership {
  /** Where the cluster is asked. */
  readonly servers: KnownServers;
  readonly #live: LiveConfig;
  readonly #clock: Clock;

  constructor({ live, servers, clock = SYSTEM_CLOCK }: MembershipParts) {
    this.servers = servers;
    this.#live = live;
    this.#clock = clock;
  }

  /** What this host is in the cluster. */
  get #self(): { kind: MemberKind; name: string } {
    const { roles, name } = this.#live.current;
    return { kind: primaryKind(roles), name };
  }

  get #stateDir(): string {
    return this.#live.current.stateDir;
  }

  /**
   * Sees to it that this host has a certificate: joins, or comes back, for as long as it takes while
   * nobody answers.
   *
   * @returns files that were made
   * @throws {WorkerError} what no retry mends: no token, a wrong pin, a refusal.
   * @throws {CertificateStoreError} for files that can't be used.
   */
  async ensure({ signal }: { signal: AbortSignal }): Promise<string[]> {
    const member = await this.read();
    const { join } = this.#live.current;
    if (member === null) return await this.#joinAnew(join, signal);
    const problem = memberProblem(member, this.#self);
    if (problem !== null) throw problem;
    if (this.#clock.now() < member.notAfter) {
      if (join !== null) {
        logger
          .info`this host is ${member.kind} ${member.name} of its cluster already: the token is not used`;
      }
      return [];
    }
    return await this.#comeBackOrJoin(member, { join, signal });
  }

  /** What this host was given; null while it has not joined. */
  read(): Promise<MemberIdentity | null> {
    return readMember(this.#stateDir);
  }

  /** Another certificate of the same key, over the one that there is. */
  async renew(
    member: MemberIdentity,
    { calls, signal }: { calls: ClusterCalls; signal: AbortSignal },
  ): Promise<void> {
    const body = { csr: await this.#csr(member.key) };
    const answer = JoinAnswerSchema.parse(
      await calls.call({ method: "POST", path: "/v1/renew", body, signal }),
    );
    // Judged by those that were trusted before, as whoever answered was.
    this.#given(answer);
    await replaceAuthorities(this.#stateDir, answer.ca);
    const { notAfter } = await this.#take(answer);
    logger.info`the certificate of this host was renewed, until ${notAfter}`;
  }

  /** Lets this host in again with its old key. @throws {WorkerError} what no retry mends */
  async comeBack(
    member: MemberIdentity,
    { signal }: { signal: AbortSignal },
  ): Promise<void> {
    const { certificate, key, ca } = member;
    const { labels, caPins } = this.#live.current;
    const { answer, address } = await joinThroughAny({
      servers: () => this.servers.list(),
      request: {
        ...{ token: null, certificate, roles: null, labels: { ...labels } },
        name: member.name,
        csr: await this.#csr(key),
      },
      caPins: [...new Set([...pinsOf(ca), ...caPins])],
      accept: (answer) => void this.#given(answer),
      clock: this.#clock,
      signal,
    });
    await this.#take(answer);
    logger
      .info`this host is back in the cluster ${answer.cluster} as ${member.kind} ${member.name}, through ${address}`;
  }

  async #comeBackOrJoin(
    member: MemberIdentity,
    { join, signal }: { join: string | null; signal: AbortSignal },
  ): Promise<string[]> {
    try {
      await this.comeBack(member, { signal });
      return [];
    } catch (error) {
      signal.throwIfAborted();
      if (join === null) throw error;
      logger.warn`${(error as Error).message}: the token is used instead`;
      return await this.#joinAnew(join, signal);
    }
  }

  async #joinAnew(
    join: string | null,
    signal: AbortSignal,
  ): Promise<string[]> {
    const { roles, labels, caPins, name } = this.#live.current;
    const stateDir = this.#stateDir;
    if (join === null) throw notJoined(this.#self);
    const token = await readJoinToken(join);
    if (await isTokenOpenToAll(join)) {
      logger
        .warn`everybody on this host can read the token in "${join}": chmod 600 it`;
    }
    const key = await memberKey(stateDir);
    const { answer, address } = await joinThroughAny({
      servers: () => this.servers.list(),
      request: {
        ...{ token, certificate: null, name, labels: { ...labels } },
        roles: [...roles],
        csr: await this.#csr(key),
      },
      caPins,
      accept: (answer) => void this.#given(answer),
      clock: this.#clock,
      signal,
    });
    // Before the certificate: whoever has that one knows where its cluster is.
    await this.servers.remember([address]);
    await this.#take(answer);
    const { kind } = this.#self;
    logger
      .info`joined the cluster ${answer.cluster} as ${kind} ${name}, through ${address}`;
    const { serverCert, caCert } = statePaths(stateDir);
    return [caCert, serverCert];
  }

  async #csr(key: string): Promise<string> {
    const { hosts, publicAddrs } = this.#live.current;
    const names = new Set([...hosts, ...publicAddrs.map(hostOf)]);
    return await createCertificateRequest(key, {
      name: this.#self.name,
      sans: [...names].map(hostAlternativeName),
    });
  }

  #given(answer: JoinAnswer): MemberCertificate {
    const now = () => this.#clock.now();
    return givenCertificate(answer, { ...this.#self, now });
  }

  /** The certificate takes its place; who watches the files takes it into use. */
  async #take(answer: JoinAnswer): Promise<MemberCertificate> {
    const given = this.#given(answer);
    const { ca } = answer;
    await writeMember(this.#stateDir, { ca, certificate: given.certificate });
    for (const address of this.#live.current.publicAddrs) {
      const host = hostOf(address).toLowerCase();
      if (given.hosts.includes(host)) continue;
      logger
        .warn`the certificate is not good for ${host}, as the token did not allow that host: make one with \`worker token create --host ${host}\` to join anew`;
    }
    return given;
  }
}
