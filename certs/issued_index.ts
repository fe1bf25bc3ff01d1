import { readIfThere, writeFiles } from "./_files.ts";
import { CertificateStoreError } from "./errors.ts";
import type { IdentityKind } from "./identity.ts";
import type { IssuedCertificate } from "./issue_request.ts";

/** One certificate that the authority has issued. */
export interface IssuedRecord {
  /** Common name. */
  name: string;
  /** What the holder is. */
  kind: IdentityKind;
  /** Organizations. */
  roles: string[];
  /** Lower-case hex. */
  serial: string;
  /** SHA-256 in lower-case hex. */
  fingerprint: string;
  /** RFC 3339, UTC. */
  notAfter: string;
}

/**
 * The certificates that an authority has issued and that have not expired, in one JSON file:
 * `{"issued": [{"name", "kind", "roles", "serial", "fingerprint", "notAfter"}]}`. It is what
 * makes names unique and lets `certs revoke` find a certificate by name; a lock of the caller's
 * keeps two from changing it at once.
 */
export class IssuedIndex {
  private constructor(
    readonly path: string,
    private records: IssuedRecord[],
  ) {}

  /** @throws {CertificateStoreError} `damaged` when the file holds something else. */
  static async load(path: string): Promise<IssuedIndex> {
    const text = await readIfThere(path);
    return new IssuedIndex(path, text === null ? [] : parse(text, path));
  }

  get all(): readonly IssuedRecord[] {
    return this.records;
  }

  /** Certificates of a name that are valid at `now` (ms since the epoch). */
  find(name: string, now: number): IssuedRecord[] {
    return this.records.filter((record) =>
      record.name === name && Date.parse(record.notAfter) > now
    );
  }

  /** Writes one more down; what has expired at `now` leaves, so that the file stays small. */
  async add(issued: IssuedCertificate, now: number): Promise<void> {
    const kept = this.records.filter((record) =>
      Date.parse(record.notAfter) > now
    );
    const { name, kind, roles, serial, fingerprint } = issued;
    const notAfter = new Date(issued.notAfter).toISOString();
    kept.push({ name, kind, roles, serial, fingerprint, notAfter });
    await this.#write(kept);
  }

  /** Takes a certificate out whose files could not be written. */
  async remove(serial: string): Promise<void> {
    await this.#write(
      this.records.filter((record) => record.serial !== serial),
    );
  }

  async #write(records: IssuedRecord[]): Promise<void> {
    const text = JSON.stringify({ issued: records }, null, 1) + "\n";
    await writeFiles([{ path: this.path, text }], { replace: true });
    this.records = records;
  }
}

function parse(text: string, path: string): IssuedRecord[] {
  try {
    const { issued } = JSON.parse(text) as { issued: IssuedRecord[] };
    for (const { name, serial, fingerprint, notAfter } of issued) {
      if (
        [name, serial, fingerprint].some((part) => typeof part !== "string") ||
        Number.isNaN(Date.parse(notAfter))
      ) throw new Error("an entry is not complete");
    }
    return issued;
  } catch (cause) {
    throw new CertificateStoreError(
      "damaged",
      `the index of issued certificates "${path}" can't be used: ${
        (cause as Error).message
      }; correct it, or remove it to forget which names are taken`,
      { cause },
    );
  }
}
