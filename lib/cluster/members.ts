import { monotonicFactory } from "ulid";
import * as z from "zod";
import type { Revocation } from "../../certs/mod.ts";
import { MEMBER_KINDS, type MemberKind } from "../api/cluster.ts";
import { WorkerError } from "../api/errors.ts";
import type { Clock } from "../clock.ts";
import { Collection } from "./collection.ts";
import type { Store } from "./store.ts";
import { StoreError } from "./store_error.ts";

/** Certificates of one member that are remembered; renewing drops those that are over. */
const MAX_CERTIFICATES = 16;

const MemberRecordSchema = z.object({
  /** Of the host, the same for all that it is; "" in a record of before there were any. */
  id: z.string().default(""),
  /** It is the authority's own host: no token let it in. */
  own: z.boolean().default(false),
  kind: z.enum(MEMBER_KINDS),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  /** Label patterns and hosts that its token allowed. */
  allowed: z.object({
    labels: z.array(z.string()),
    hosts: z.array(z.string()),
  }),
  /** Pin of its key. */
  key: z.string(),
  certificates: z.array(z.object({
    serial: z.string(),
    fingerprint: z.string(),
    /** Pin of the authority that issued it. */
    issuer: z.string(),
    notAfter: z.number(),
  })),
  /** Pins of the authorities that it trusts, as far as is known. */
  trusts: z.array(z.string()),
  joinedAt: z.number(),
  renewedAt: z.number(),
  revoked: z.object({ at: z.number(), reason: z.string().nullable() })
    .nullable(),
});

/** A member as it is kept; times in ms since the epoch. */
export type MemberRecord = z.infer<typeof MemberRecordSchema>;

/** One certificate of a member. */
export type MemberCertificateRecord = MemberRecord["certificates"][number];

/** What {@linkcode Members} needs. */
export interface MembersOptions {
  store: Store;
  clock: Clock;
  /** Puts certificates on the revocation list. */
  revoke(certificates: Revocation[]): Promise<unknown>;
}

/** Which member. */
export type MemberId = Pick<MemberRecord, "kind" | "name">;

/** Who belongs to a cluster: one record for each kind and name. */
export class Members {
  readonly #members: Collection<MemberRecord>;
  readonly #clock: Clock;
  readonly #revoke: MembersOptions["revoke"];
  readonly #nextId = monotonicFactory();

  constructor({ store, clock, revoke }: MembersOptions) {
    this.#members = new Collection(store, "members/", MemberRecordSchema);
    this.#clock = clock;
    this.#revoke = revoke;
  }

  /** The member; null when there is none. */
  async get(id: MemberId): Promise<MemberRecord | null> {
    return (await this.#members.get(keyOf(id)))?.value ?? null;
  }

  /** All, by kind and name, the revoked too. */
  async list(): Promise<MemberRecord[]> {
    return (await this.#members.list()).map(({ value }) => value);
  }

  /**
   * The id of a host: what it has already as something else with this name and key, or a new one.
   *
   * @param key Pin of its key.
   */
  async idOf(name: string, key: string): Promise<string> {
    for (const kind of MEMBER_KINDS) {
      const member = await this.get({ kind, name });
      if (member?.key === key && !member.revoked && member.id) return member.id;
    }
    return this.#nextId(this.#clock.now()).toLowerCase();
  }

  /** Gives an id to every host that came in before there were any. */
  async giveIds(): Promise<void> {
    for (const { id, kind, name, key } of await this.list()) {
      if (id !== "") continue;
      const given = await this.idOf(name, key);
      await this.update({ kind, name }, (member) => {
        if (member === null) throw unknownMember({ kind, name });
        return { ...member, id: member.id || given };
      });
    }
  }

  /** All that the host of a member is: the records with its id. */
  async hostOf({ id, name }: MemberRecord): Promise<MemberRecord[]> {
    const records = await Promise.all(
      MEMBER_KINDS.map((kind) => this.get({ kind, name })),
    );
    return records.filter((record) =>
      record !== null && record.id === id
    ) as MemberRecord[];
  }

  /**
   * All members, then each that changed, until `signal` aborts; null for one that is gone. Of a
   * member that changes faster than this is read, some changes may be left out.
   */
  async *watch(
    { signal }: { signal: AbortSignal },
  ): AsyncGenerator<{ id: MemberId; member: MemberRecord | null }> {
    const { store, prefix } = this.#members;
    const known = new Map<string, MemberId>();
    while (!signal.aborted) {
      const { items, revision } = await store.list(prefix);
      const keys = items.map(({ key }) => key.slice(prefix.length));
      for (const key of new Set([...known.keys(), ...keys])) {
        known.set(key, idOfKey(key));
        yield await this.#changed(known.get(key)!);
      }
      try {
        for await (
          const { key } of store.watch(prefix, { since: revision, signal })
        ) {
          const id = idOfKey(key.slice(prefix.length));
          known.set(keyOf(id), id);
          yield await this.#changed(id);
        }
      } catch (error) {
        const behind = error instanceof StoreError &&
          error.code === "compacted";
        if (!behind) throw error;
      }
    }
  }

  async #changed(id: MemberId) {
    return { id, member: await this.get(id) };
  }

  /**
   * Writes a member down, or changes it: `change` gets what is there and may refuse by throwing; it
   * is called again when somebody else was faster.
   */
  async update(
    id: MemberId,
    change: (member: MemberRecord | null) => MemberRecord,
  ): Promise<MemberRecord> {
    const now = this.#clock.now();
    const changed = await this.#members.update(keyOf(id), (member) => {
      const { certificates, ...rest } = change(member);
      const alive = certificates.filter(({ notAfter }, index) =>
        // The last one stays: who comes back late shows it.
        notAfter > now || index === certificates.length - 1
      );
      return { ...rest, certificates: alive.slice(-MAX_CERTIFICATES) };
    });
    return changed!;
  }

  /**
   * Never lets a member in again with what it has: its certificates go on the revocation list, its
   * key may not come back. Its name is free for a host with a new token.
   *
   * @throws {WorkerError} `NOT_FOUND`
   */
  async revoke(
    id: MemberId,
    { reason = null }: { reason?: string | null } = {},
  ): Promise<MemberRecord> {
    const now = this.#clock.now();
    // The record first: from then on nothing is issued, so that the list is whole.
    const member = await this.update(id, (member) => {
      if (member === null) throw unknownMember(id);
      return { ...member, revoked: member.revoked ?? { at: now, reason } };
    });
    await this.#revoke(member.certificates.map(({ serial, fingerprint }) => ({
      serial,
      fingerprint,
      name: member.name,
      revokedAt: new Date(now).toISOString(),
      reason,
    })));
    return member;
  }

  /**
   * Forgets a member that was revoked, or whose certificates are over.
   *
   * @throws {WorkerError} `NOT_FOUND`; `CONFLICT` for one that could still come in
   */
  async remove(id: MemberId): Promise<void> {
    const stored = await this.#members.get(keyOf(id));
    if (stored === null) throw unknownMember(id);
    const { own, revoked, certificates } = stored.value;
    const now = this.#clock.now();
    if (
      !own && !revoked && certificates.some(({ notAfter }) => notAfter > now)
    ) {
      throw new WorkerError(
        "CONFLICT",
        `the ${id.kind} "${id.name}" has a valid certificate: revoke it first`,
      );
    }
    await this.#members.remove(keyOf(id), {
      expectedRevision: stored.revision,
    });
  }

  /** A member told which authorities it trusts: pins. One that is not known is left alone. */
  async noteTrust(id: MemberId, trusts: readonly string[]): Promise<void> {
    await this.#members.update(keyOf(id), (member) => {
      const same = member?.trusts.join() === trusts.join();
      return member === null || same
        ? null
        : { ...member, trusts: [...trusts] };
    });
  }
}

function keyOf({ kind, name }: { kind: MemberKind; name: string }): string {
  return `${kind}/${encodeURIComponent(name)}`;
}

function idOfKey(key: string): MemberId {
  const slash = key.indexOf("/");
  return {
    kind: MEMBER_KINDS.find((kind) => kind === key.slice(0, slash))!,
    name: decodeURIComponent(key.slice(slash + 1)),
  };
}

function unknownMember({ kind, name }: MemberId): WorkerError {
  return new WorkerError(
    "NOT_FOUND",
    `there is no ${kind} "${name}" in this cluster`,
  );
}
