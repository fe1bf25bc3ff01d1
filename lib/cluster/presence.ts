import { getLogger } from "@logtape/logtape";
import type { Identity, RevocationList } from "../../certs/mod.ts";
import { WorkerError } from "../api/errors.ts";
import type { Heartbeat, HeartbeatAnswer } from "../api/presence.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { ClusterFacts, type ClusterFactsOptions } from "./cluster_facts.ts";
import { heardHost, type HostRecord, unheardHost } from "./host_record.ts";
import { HostTable } from "./host_table.ts";
import { knownMember, memberId, shownCertificate } from "./known_member.ts";
import type { MemberDirectory } from "./member_directory.ts";
import type { MemberId, MemberRecord, Members } from "./members.ts";
import type { Store } from "./store.ts";
import { checkLabels } from "./token_rights.ts";
import { workerErrorOf } from "./worker_error_of.ts";

const logger = getLogger(["worker", "cluster"]);

/** How often members are to say that they are there, ms. */
export const HEARTBEAT_INTERVAL_MS = 15_000;

/** Who is silent for so many intervals is offline. */
const SILENT_INTERVALS = 3;

/** What a {@linkcode Presence} works with. */
export interface PresenceOptions
  extends Pick<ClusterFactsOptions, "authority" | "rotation"> {
  store: Store;
  members: Members;
  /** Where it shows who is there. */
  directory: MemberDirectory;
  revocations: RevocationList;
  /** Called for each host that was revoked. */
  revoked?: (host: Pick<HostRecord, "id" | "name" | "roles">) => void;
  /** How often members are to be heard of, ms. @default {HEARTBEAT_INTERVAL_MS} */
  intervalMs?: number;
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
}

/**
 * What the authority knows of who is there: takes the heartbeats of members, and keeps a directory
 * of them, in which who falls silent is offline. It is in the store as well: after a restart all is
 * known, and nobody is called offline for a silence that was this server's own.
 */
export class Presence implements AsyncDisposable {
  readonly #options: PresenceOptions;
  readonly #clock: Clock;
  readonly #facts: ClusterFacts;
  readonly #hosts: HostTable;
  /** Ids of revoked hosts: what of theirs is under way comes to nothing. */
  readonly #revoked = new Set<string>();
  readonly #stopped = new AbortController();
  #following: Promise<void> = Promise.resolve();

  private constructor(options: PresenceOptions) {
    const { store, directory, clock = SYSTEM_CLOCK } = options;
    this.#options = options;
    this.#clock = clock;
    this.#facts = new ClusterFacts({ ...options, clock });
    const offlineAfterMs = this.intervalMs * SILENT_INTERVALS;
    this.#hosts = new HostTable({ store, directory, clock, offlineAfterMs });
  }

  /** Reads who was there, and goes on from there. */
  static async start(options: PresenceOptions): Promise<Presence> {
    const presence = new Presence(options);
    const members = await options.members.list();
    await presence.#hosts.load(new Set(members.map(({ id }) => id)));
    for (const member of members) presence.#note(member, member);
    presence.#following = presence.#follow();
    return presence;
  }

  /** How often members are to be heard of, ms. */
  get intervalMs(): number {
    return this.#options.intervalMs ?? HEARTBEAT_INTERVAL_MS;
  }

  /**
   * A member says that it is there.
   *
   * @param identity Verified by the connection, revocation included.
   * @throws {WorkerError} `PERMISSION_DENIED` when it is no member, or not all that it says
   */
  async accept(
    identity: Identity,
    heartbeat: Heartbeat,
  ): Promise<HeartbeatAnswer> {
    try {
      const id = memberId(identity);
      const { members } = this.#options;
      const member = knownMember(await members.get(id), id);
      const certificate = shownCertificate(member, identity);
      for (const claimed of await this.#claimed(member, heartbeat)) {
        if (claimed.trusts.join() === heartbeat.trusts.join()) continue;
        await members.noteTrust(claimed, heartbeat.trusts);
      }
      // It may have been revoked while the store was asked.
      if (this.#revoked.has(member.id)) {
        throw denied(`the ${id.kind} "${id.name}" was revoked just now`);
      }
      const now = this.#clock.now();
      if (!this.#isOutdated(member, heartbeat)) {
        await this.#hosts.hear(
          heardHost(member, { heartbeat, certificate, now }),
        );
      }
      return await this.#answer(heartbeat, certificate.issuer);
    } catch (error) {
      throw workerErrorOf(error);
    }
  }

  /** The authority was changed: what members are told is read anew. */
  refresh(): void {
    this.#facts.forget();
  }

  /** The revocation list was changed: whose certificate is on it is there no more. */
  dropRevoked(): void {
    for (const { id, certificate } of [...this.#hosts]) {
      const { revocations } = this.#options;
      if (certificate && revocations.has(certificate)) this.#drop(id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    this.#hosts[Symbol.dispose]();
    await this.#following;
  }

  /** The records of all that a host says it is. */
  async #claimed(
    member: MemberRecord,
    { roles, labels }: Heartbeat,
  ): Promise<MemberRecord[]> {
    const { kind, name, key } = member;
    if (!roles.includes(kind)) {
      throw denied(
        `the certificate of "${name}" is for the role ${kind}, which is not among those that it claims: ${
          roles.join(", ")
        }`,
      );
    }
    const records = [member];
    for (const role of roles) {
      if (role === kind) continue;
      const id = { kind: role, name };
      const other = await this.#options.members.get(id);
      if (other === null || other.key !== key) {
        throw denied(
          `the ${kind} "${name}" claims the role ${role}, which it did not join for: join again with a token for it`,
        );
      }
      records.push(knownMember(other, id));
    }
    const labelled = records.find((each) => each.kind === "node") ?? member;
    checkLabels({ roles, ...labelled.allowed }, labels);
    return records;
  }

  /** Whether a daemon leaves whose place another one has by now. */
  #isOutdated({ id }: MemberRecord, { leaving, instance }: Heartbeat): boolean {
    return leaving && this.#hosts.get(id)?.instance !== instance;
  }

  async #answer(
    { trusts, revocations: known }: Heartbeat,
    issuer: string,
  ): Promise<HeartbeatAnswer> {
    const { ca, leaving, revocations } = await this.#facts.get();
    const sameTrust = sorted(trusts) === sorted(ca.caPins);
    const { digest, list } = revocations;
    return {
      intervalMs: this.intervalMs,
      ca: sameTrust ? null : ca,
      revocations: digest === null || digest === known
        ? null
        : { digest, list: [...list] },
      renew: issuer === leaving,
      servers: [...this.#options.directory.servers()],
    };
  }

  /** Sees who joins and who leaves. */
  async #follow(): Promise<void> {
    const { signal } = this.#stopped;
    try {
      const changes = this.#options.members.watch({ signal });
      for await (const { id, member } of changes) this.#note(id, member);
    } catch (error) {
      if (signal.aborted) return;
      logger.error`who joins and leaves is not seen until a restart: ${
        (error as Error).message
      }`;
    }
  }

  #note(id: MemberId, member: MemberRecord | null): void {
    const shown = this.#shownAs(id);
    if (shown !== undefined && shown !== member?.id) {
      this.#hosts.lose(shown, [id.kind]);
    }
    if (!member) return;
    if (member.revoked) return this.#drop(member.id);
    const host = this.#hosts.get(member.id);
    if (host === undefined) this.#hosts.expect(unheardHost(member));
    else if (host.lastSeen === null) {
      const roles = [...new Set([...host.roles, member.kind])];
      this.#hosts.expect({ ...host, roles });
    }
  }

  /** The id of the host that is shown under a name. */
  #shownAs({ kind, name }: MemberId): string | undefined {
    const { directory } = this.#options;
    if (kind === "node") return directory.node(name)?.id;
    if (kind === "proxy") return directory.proxy(name)?.id;
    for (const host of this.#hosts) {
      if (host.name === name && host.roles.includes("auth")) return host.id;
    }
    return undefined;
  }

  #drop(id: string): void {
    this.#revoked.add(id);
    const host = this.#hosts.get(id);
    if (host === undefined) return;
    this.#hosts.lose(id, host.roles);
    logger.info`the ${host.kind} ${host.name} was revoked`;
    this.#options.revoked?.(host);
  }
}

function sorted(texts: readonly string[]): string {
  return [...texts].sort().join();
}

function denied(message: string): WorkerError {
  return new WorkerError("PERMISSION_DENIED", message);
}
