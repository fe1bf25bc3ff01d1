import { getLogger } from "@logtape/logtape";
import { delay } from "../client/delay.ts";
import type { HostLink } from "./host_link.ts";

const logger = getLogger(["worker", "daemon"]);

/** How often a job host is asked whether it answers, and how long it may take. */
export interface PulseTimes {
  /** After an answer, or the want of one, ms. @default {5_000} */
  every?: number;
  /** For an answer, ms: one that has much to do is slow. @default {10_000} */
  within?: number;
}

/**
 * Feels the pulse of a job host until it is gone or `signal` is aborted. One that was stopped, or hangs,
 * keeps its connections: only that it does not answer tells. While it doesn't, `link.silent` is true.
 */
export async function feelPulse(
  link: HostLink,
  signal: AbortSignal,
  { every = 5_000, within = 10_000 }: PulseTimes = {},
): Promise<void> {
  while (!signal.aborted && !link.lost) {
    const silent = await link.hangs({ within, signal });
    if (signal.aborted || link.lost) return;
    if (silent && !link.silent) {
      logger
        .error`job host ${link.info.pid} does not answer: calls are refused until it does`;
    }
    if (!silent && link.silent) {
      logger.info`job host ${link.info.pid} answers again`;
    }
    link.silent = silent;
    await delay(every, signal).catch(() => {});
  }
}
