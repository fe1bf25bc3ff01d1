import * as z from "zod";
import {
  type CreatedToken,
  MEMBER_KINDS,
  type Token,
  type TokenRequest,
} from "../api/cluster.ts";
import { parseDuration } from "../api/duration.ts";
import { WorkerError } from "../api/errors.ts";
import type { Clock } from "../clock.ts";
import { Collection } from "./collection.ts";
import {
  createJoinSecret,
  formatJoinSecret,
  hashOfSecret,
  isSecretOf,
  parseJoinSecret,
} from "./join_secret.ts";
import type { Store } from "./store.ts";
import { told } from "./worker_error_of.ts";

/** How long one that is used up or over is remembered, so that its holder is told which it is. */
const REMEMBER_MS = 86_400_000;

const LONGEST_LIFE_MS = 30 * 86_400_000;

const TokenRecordSchema = z.object({
  id: z.string(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  roles: z.array(z.enum(MEMBER_KINDS)),
  labels: z.array(z.string()),
  hosts: z.array(z.string()),
  uses: z.int(),
  createdBy: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  usedBy: z.array(z.object({
    name: z.string(),
    /** Pin of its key. */
    key: z.string(),
    at: z.number(),
  })),
});

/** A token as it is kept: its secret as a hash only, times in ms since the epoch. */
export type TokenRecord = z.infer<typeof TokenRecordSchema>;

/** The tokens of a cluster, by which hosts join it the first time. */
export class JoinTokens {
  readonly #tokens: Collection<TokenRecord>;
  readonly #clock: Clock;

  constructor({ store, clock }: { store: Store; clock: Clock }) {
    this.#tokens = new Collection(store, "tokens/", TokenRecordSchema);
    this.#clock = clock;
  }

  /**
   * Makes one, whose secret is told this once.
   *
   * @throws {WorkerError} `INVALID_ARGUMENT` for a life that is none, or too long; `UNAVAILABLE` when
   * the store does not take it, as on a full disk.
   */
  async create(
    { ttl, ...request }: TokenRequest,
    { createdBy }: { createdBy: string },
  ): Promise<Omit<CreatedToken, "caPins">> {
    const life = parseDuration(ttl);
    if (!(life >= 1_000 && life <= LONGEST_LIFE_MS)) {
      throw new WorkerError(
        "INVALID_ARGUMENT",
        `a token can't live for "${ttl}": give it 1s to 30d`,
      );
    }
    const secret = createJoinSecret();
    const now = this.#clock.now();
    const record: TokenRecord = {
      ...request,
      id: secret.id,
      hash: hashOfSecret(secret.secret),
      createdBy,
      createdAt: now,
      expiresAt: now + life,
      usedBy: [],
    };
    const kept = { expectedRevision: 0, ttlMs: life + REMEMBER_MS };
    await told(() => this.#tokens.put(secret.id, record, kept));
    return { ...this.#describe(record), token: formatJoinSecret(secret) };
  }

  /** All, also those that are used up or over since less than a day; the oldest first. */
  async list(): Promise<Token[]> {
    const records = await told(() => this.#tokens.list());
    return records.map(({ value }) => value)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
      .map((record) => this.#describe(record));
  }

  /** Ends one at once. @throws {WorkerError} `NOT_FOUND`, `UNAVAILABLE` */
  async remove(id: string): Promise<void> {
    const removed = /^[0-9a-z]{8}$/.test(id) &&
      await told(() => this.#tokens.remove(id));
    if (removed) return;
    throw new WorkerError(
      "NOT_FOUND",
      `there is no token "${
        id.slice(0, 80)
      }"; name it by the id that the list shows`,
    );
  }

  /**
   * What the holder of a token may do.
   *
   * @throws {WorkerError} `UNAUTHENTICATED`: each reason in words of its own.
   */
  async check(token: string): Promise<TokenRecord> {
    const parsed = parseJoinSecret(token);
    if (!parsed) {
      throw refused(
        'this is not a token: copy the whole of it, it begins with "worker-"',
      );
    }
    const record = (await this.#tokens.get(parsed.id))?.value;
    // Whoever has not the secret does not even learn that there is such a token.
    if (!record || !isSecretOf(parsed.secret, record.hash)) {
      throw refused(
        "this is not a token of this cluster: it is another cluster's, or was removed; make one with `worker token create`",
      );
    }
    if (this.#clock.now() >= record.expiresAt) {
      throw refused(
        `this token expired at ${
          iso(record.expiresAt)
        }: make another one with \`worker token create\``,
      );
    }
    return record;
  }

  /**
   * Uses a token for a host, and lets only as many do so as it is for. The same host with the same
   * key may use it again: the answer to its first try may have been lost.
   *
   * @throws {WorkerError} `UNAUTHENTICATED`
   */
  async use(
    token: string,
    by: { name: string; key: string },
  ): Promise<void> {
    const { id } = await this.check(token);
    await this.#tokens.update(id, (record) => {
      if (record === null) throw refused("this token was just removed");
      const { usedBy, uses } = record;
      const again = usedBy.some(({ name, key }) =>
        name === by.name && key === by.key
      );
      if (again) return null;
      if (usedBy.length >= uses) throw used(record);
      return {
        ...record,
        usedBy: [...usedBy, { ...by, at: this.#clock.now() }],
      };
    }, ({ expiresAt }) => {
      // It may become over while this is asked.
      return Math.max(1, expiresAt + REMEMBER_MS - this.#clock.now());
    });
  }

  #describe(record: TokenRecord): Token {
    const { hash: _, createdAt, expiresAt, usedBy, ...rest } = record;
    return {
      ...rest,
      createdAt: iso(createdAt),
      expiresAt: iso(expiresAt),
      state: usedBy.length >= rest.uses
        ? "used"
        : this.#clock.now() >= expiresAt
        ? "expired"
        : "usable",
      usedBy: usedBy.map(({ name, at }) => ({ name, at: iso(at) })),
    };
  }
}

function used({ usedBy, uses }: TokenRecord): WorkerError {
  const { name, at } = usedBy.at(-1)!;
  return refused(
    uses === 1
      ? `this token was used already, by "${name}" at ${
        iso(at)
      }: make another one with \`worker token create\``
      : `this token was used ${uses} times already, as often as it may be: make another one with \`worker token create\``,
  );
}

function refused(message: string): WorkerError {
  return new WorkerError("UNAUTHENTICATED", message);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
