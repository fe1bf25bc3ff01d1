import { getLogger } from "@logtape/logtape";
import type { MemberIdentity } from "../../../certs/mod.ts";
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import type { ClusterCalls, Membership } from "./membership.ts";
import { sleep } from "../sleep.ts";

const logger = getLogger(["worker", "cluster"]);

const MINUTE_MS = 60_000;

/** The longest wait for anything: a host that was suspended looks at its clock again. */
const HOUR_MS = 60 * MINUTE_MS;

const FIRST_RETRY_MS = 10_000;

/** Renewals of hosts that joined at once are spread over this part of a certificate's life. */
const SPREAD = 0.05;

/** How a {@linkcode MemberRenewal} is timed. */
export interface MemberRenewalOptions {
  /** @default {SYSTEM_CLOCK} */
  clock?: Clock;
  /** A number in [0, 1). @default {Math.random} */
  random?: () => number;
}

/**
 * Has the certificate of a member renewed at half of its life, and when it is told to. What fails is
 * tried again: soon at first, each hour in the end, and each minute when the certificate is over.
 */
export class MemberRenewal {
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #random: () => number;
  #asked = false;
  #wake = new AbortController();

  constructor(
    membership: Membership,
    { clock = SYSTEM_CLOCK, random = Math.random }: MemberRenewalOptions = {},
  ) {
    this.#membership = membership;
    this.#clock = clock;
    this.#random = random;
  }

  /** The certificate is to be renewed whatever its age. After a failure it is tried when it is time. */
  renewNow(): void {
    this.#asked = true;
    this.#wake.abort();
  }

  /** Goes on until `signal` aborts. Never throws. */
  async run(
    { calls, signal }: { calls: ClusterCalls; signal: AbortSignal },
  ): Promise<void> {
    const chance = this.#random();
    let failures = 0;
    while (!signal.aborted) {
      const renewed = await this.#look({ calls, signal, chance });
      if (renewed === "failed") failures++;
      else if (renewed === "done") failures = 0;
      // One that is short-lived because its authority ends is not renewed without a pause.
      const wait = renewed === "failed"
        ? await this.#untilRetry(failures)
        : renewed === "done"
        ? MINUTE_MS
        : null;
      if (wait !== null) {
        await sleep(wait, { clock: this.#clock, until: [signal] });
      }
    }
  }

  async #look(
    { calls, signal, chance }: {
      calls: ClusterCalls;
      signal: AbortSignal;
      chance: number;
    },
  ): Promise<"waited" | "done" | "failed"> {
    const asked = this.#asked;
    try {
      const member = await this.#membership.read();
      if (member === null) throw new Error("the certificate is not there");
      const now = this.#clock.now();
      const due = dueAt(member, chance);
      if (!asked && now < due) {
        this.#wake = new AbortController();
        const ms = Math.min(due - now, HOUR_MS);
        const until = [signal, this.#wake.signal];
        await sleep(ms, { clock: this.#clock, until });
        return "waited";
      }
      // What is asked from now on is asked again.
      this.#asked = false;
      await (now < member.notAfter
        ? this.#membership.renew(member, { calls, signal })
        : this.#membership.comeBack(member, { signal }));
      return "done";
    } catch (error) {
      if (signal.aborted) return "waited";
      this.#asked ||= asked;
      logger.warn`the certificate of this host is not renewed: ${
        (error as Error).message
      }`;
      return "failed";
    }
  }

  async #untilRetry(failures: number): Promise<number> {
    const member = await this.#membership.read().catch(() => null);
    const over = member === null || this.#clock.now() >= member.notAfter;
    const longest = over ? MINUTE_MS : HOUR_MS;
    const ms = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), longest);
    return ms * (0.5 + this.#random() / 2);
  }
}

/** Half of a certificate's life and a little more, by chance in [0, 1): ms since the epoch. */
function dueAt(
  { issuedAt, notAfter }: MemberIdentity,
  chance: number,
): number {
  return issuedAt + (notAfter - issuedAt) * (0.5 + chance * SPREAD);
}
