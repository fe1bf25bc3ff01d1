import { createHash } from "node:crypto";
import {
  type CertificateAuthority,
  certificatePin,
  type Revocation,
  type RevocationList,
  type Rotation,
} from "../../certs/mod.ts";
import type { CaAnswer } from "../api/cluster.ts";
import type { RevokedCertificate } from "../api/presence.ts";
import type { Clock } from "../clock.ts";
import { caAnswer } from "./member_issuer.ts";

/** How long what was read is good, ms: every heartbeat asks. */
const KEEP_MS = 1_000;

/** What all members have to know. */
export interface Facts {
  ca: CaAnswer;
  /** Pin of the authority that is being replaced: who has a certificate of it has to renew it. */
  leaving: string | null;
  /** `digest` is null of an empty list. */
  revocations: { digest: string | null; list: RevokedCertificate[] };
}

/** What a {@linkcode ClusterFacts} reads from. */
export interface ClusterFactsOptions {
  authority(): Promise<CertificateAuthority>;
  rotation(): Promise<Rotation>;
  revocations: RevocationList;
  clock: Clock;
}

/** Reads what all members have to know, at most once a second. */
export class ClusterFacts {
  readonly #options: ClusterFactsOptions;
  #read: { at: number; facts: Promise<Omit<Facts, "revocations">> } | null =
    null;
  #listed: { entries: readonly Revocation[]; facts: Facts["revocations"] } = {
    entries: [],
    facts: { digest: null, list: [] },
  };

  constructor(options: ClusterFactsOptions) {
    this.#options = options;
  }

  async get(): Promise<Facts> {
    const now = this.#options.clock.monotonic();
    if (this.#read === null || now - this.#read.at >= KEEP_MS) {
      this.#read = { at: now, facts: this.#load() };
      this.#read.facts.catch(() => this.forget());
    }
    return { ...await this.#read.facts, revocations: this.#revocations() };
  }

  /** Something was changed: reads anew the next time. */
  forget(): void {
    this.#read = null;
  }

  async #load(): Promise<Omit<Facts, "revocations">> {
    const { authority, rotation } = this.#options;
    const [ca, now] = await Promise.all([authority(), rotation()]);
    return {
      ca: caAnswer(ca),
      leaving: now.phase === "issuing"
        ? certificatePin(now.old.certificate)
        : null,
    };
  }

  #revocations(): Facts["revocations"] {
    const { entries } = this.#options.revocations;
    // The list is another one after every change.
    if (this.#listed.entries !== entries) {
      const list = entries.map((entry) => ({ ...entry }));
      this.#listed = {
        entries,
        facts: { digest: revocationDigest(list), list },
      };
    }
    return this.#listed.facts;
  }
}

/**
 * By which two know that they have the same revocation list: SHA-256 in hex over the certificates in
 * it, in any order. Null of an empty one.
 */
export function revocationDigest(
  list: readonly Pick<RevokedCertificate, "serial" | "fingerprint">[],
): string | null {
  if (list.length === 0) return null;
  const certificates = list.map(({ serial, fingerprint }) =>
    `${serial ?? ""} ${fingerprint ?? ""}\n`
  );
  return createHash("sha256").update(certificates.sort().join(""))
    .digest("hex");
}
