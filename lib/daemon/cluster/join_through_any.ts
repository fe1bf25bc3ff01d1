import { getLogger } from "@logtape/logtape";
import type { JoinAnswer, JoinRequest } from "../../api/cluster.ts";
import { type ErrorCode, WorkerError } from "../../api/errors.ts";
import type { Clock } from "../../clock.ts";
import { joinCluster } from "../../cluster/mod.ts";
import { Backoff } from "../../tunnel/backoff.ts";
import { sleep } from "../sleep.ts";

const logger = getLogger(["worker", "cluster"]);

/** Between two rounds at most: hosts that wait for their cluster come when it is back. */
const LONGEST_MS = 15_000;

/** Answers that stay the same however often one asks. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "CONFLICT",
]);

/** How {@linkcode joinThroughAny} goes about it. */
export interface JoinThroughOptions {
  /** `host:port` of servers of the cluster, asked in turn. */
  servers(): readonly string[];
  request: JoinRequest;
  caPins: readonly string[];
  /** Throws when an answer is of no use. */
  accept(answer: JoinAnswer): void;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Joins a cluster through the first of its servers that answers; while none does, it tries again
 * and again. The same key may ask twice, so that a lost answer costs nothing.
 *
 * @throws the signal's reason; {@linkcode WorkerError} for an answer that no retry mends.
 */
export async function joinThroughAny(
  { servers, request, caPins, accept, clock, signal }: JoinThroughOptions,
): Promise<{ answer: JoinAnswer; address: string }> {
  const backoff = new Backoff({
    longestMs: LONGEST_MS,
    quietMs: Infinity,
    clock,
  });
  // The first is an attempt, too: what follows it waits.
  backoff.next();
  let told = "";
  for (;;) {
    const failures: string[] = [];
    for (const address of servers()) {
      try {
        const answer = await joinCluster(address, request, { caPins, signal });
        accept(answer);
        return { answer, address };
      } catch (error) {
        signal.throwIfAborted();
        const { message } = error as Error;
        if (error instanceof WorkerError && FINAL.has(error.code)) {
          throw new WorkerError(
            error.code,
            `can't join through "${address}": ${message}`,
            { cause: error },
          );
        }
        failures.push(`"${address}": ${message}`);
      }
    }
    const why = failures.join("; ");
    if (why !== told) logger.warn`no way into the cluster yet: ${why}`;
    told = why;
    await sleep(backoff.next(), { clock, until: [signal] });
    signal.throwIfAborted();
  }
}
