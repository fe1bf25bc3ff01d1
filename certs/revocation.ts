import { dirname, join } from "node:path";
import { lockFile } from "./_file_lock.ts";
import { readIfThere, writeFiles } from "./_files.ts";
import { CertificateStoreError } from "./errors.ts";
import type { Identity } from "./identity.ts";

/** One revoked certificate. `serial` or `fingerprint` is enough to meet it again. */
export interface Revocation {
  /** Lower-case hex, or null when only the fingerprint is known. */
  serial: string | null;
  /** SHA-256 in lower-case hex, or null when only the serial number is known. */
  fingerprint: string | null;
  /** Common name, or null when it is not known. */
  name: string | null;
  /** RFC 3339, UTC. */
  revokedAt: string;
  /** Why, for people. */
  reason: string | null;
}

/**
 * The certificates that are not accepted any more, kept in one JSON file:
 * `{"revoked": [{"serial", "fingerprint", "name", "revokedAt", "reason"}]}`.
 *
 * It never becomes shorter by accident: a file that can't be read is an error, and the list that
 * was read last stays in force.
 */
export class RevocationList {
  #revoked: Revocation[] = [];
  #serials = new Set<string>();
  #fingerprints = new Set<string>();
  /** The last read or change: one after the other, so that an old content never comes last. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(readonly path: string) {}

  /**
   * Reads the list of a file; a file that is not there is an empty list.
   *
   * @throws {CertificateStoreError} `damaged` when the file holds something else.
   */
  static async load(path: string): Promise<RevocationList> {
    const list = new RevocationList(path);
    await list.reload();
    return list;
  }

  /** What is revoked, oldest first. */
  get entries(): readonly Revocation[] {
    return this.#revoked;
  }

  /** Whether a certificate is revoked, by its fingerprint or its serial number. */
  has(identity: Pick<Identity, "serial" | "fingerprint">): boolean {
    return this.#fingerprints.has(identity.fingerprint) ||
      this.#serials.has(identity.serial);
  }

  /**
   * Reads the file again.
   *
   * @throws {CertificateStoreError} `damaged` when the file holds something else, or `not_found`
   * when it is gone though certificates were revoked; the list so far stays in force.
   */
  reload(): Promise<void> {
    return this.#inTurn(async () => this.#use(await this.#read()));
  }

  /**
   * Revokes certificates, also in the file. One that is on the list already stays as it is.
   *
   * @returns What was added.
   * @throws {CertificateStoreError} as {@linkcode reload}; then nothing was added.
   */
  add(revocations: Revocation[]): Promise<Revocation[]> {
    return this.#inTurn(async () => {
      using _lock = await lockFile(lockPath(this.path));
      this.#use(await this.#read());
      const added = revocations.filter((revocation) =>
        !this.#isListed(revocation)
      );
      if (added.length === 0) return added;
      const revoked = [...this.#revoked, ...added];
      const text = JSON.stringify({ revoked }, null, 1) + "\n";
      await writeFiles([{ path: this.path, text }], { replace: true });
      this.#use(revoked);
      return added;
    });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #read(): Promise<Revocation[]> {
    const text = await readIfThere(this.path);
    if (text !== null) return parseRevocations(text, this.path);
    if (this.#revoked.length === 0) return [];
    throw new CertificateStoreError(
      "not_found",
      `the revocation list "${this.path}" is gone: put it back, or write {"revoked": []} into it to trust everything again; until then the last one stays in force`,
    );
  }

  #isListed({ serial, fingerprint }: Revocation): boolean {
    return fingerprint !== null
      ? this.#fingerprints.has(fingerprint)
      : serial !== null && this.#serials.has(serial);
  }

  #use(revoked: Revocation[]): void {
    this.#revoked = revoked;
    this.#serials = new Set(revoked.flatMap(({ serial }) => serial ?? []));
    this.#fingerprints = new Set(
      revoked.flatMap(({ fingerprint }) => fingerprint ?? []),
    );
  }
}

function lockPath(path: string): string {
  return join(dirname(path), ".revoked.lock");
}

function parseRevocations(text: string, path: string): Revocation[] {
  try {
    const list = (JSON.parse(text) as { revoked?: unknown } | null)?.revoked;
    if (!Array.isArray(list)) throw new Error('it has no list "revoked"');
    return list.map(parseRevocation);
  } catch (cause) {
    throw new CertificateStoreError(
      "damaged",
      `the revocation list "${path}" can't be used: ${
        (cause as Error).message
      }; correct it or put the last good one back`,
      { cause },
    );
  }
}

function parseRevocation(value: unknown, index: number): Revocation {
  const entry = Object(value) as Record<string, unknown>;
  const revocation = {
    serial: hex(entry.serial),
    fingerprint: hex(entry.fingerprint),
    name: text(entry.name),
    revokedAt: text(entry.revokedAt) ?? "",
    reason: text(entry.reason),
  };
  // People edit this file: an entry that can't match anything would revoke nothing, silently.
  if (!revocation.serial && !revocation.fingerprint) {
    throw new Error(
      `entry ${index + 1} has neither a serial number nor a fingerprint in hex`,
    );
  }
  return revocation;
}

/** Hex as OpenSSL and people write it, with colons and capitals; null for null. */
export function normaliseHex(text: string): string | null {
  const hex = text.replaceAll(":", "").toLowerCase();
  return /^(?:[0-9a-f]{2})+$/.test(hex) ? hex : null;
}

function hex(value: unknown): string | null {
  const given = text(value);
  if (given === null) return null;
  const hex = normaliseHex(given);
  if (hex === null) throw new Error(`"${given}" is not in hex`);
  return hex;
}

function text(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return value;
  throw new Error(`${JSON.stringify(value)} is not a text`);
}
