import { createMiddleware } from "hono/factory";
import { WorkerError } from "../../api/errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../../clock.ts";
import { connectionOf } from "../connection.ts";
import type { AppContext, AppEnv } from "../env.ts";

/** How often a route may be called. */
export interface RateLimit {
  /** Calls at once, of one host. */
  burst: number;
  /** Calls a second that one host may go on with. */
  perSecond: number;
  /** A test's own. @default the host's time */
  clock?: Clock;
  /** Whose calls are counted together. @default those of one host, by its address */
  of?: (c: AppContext) => string;
}

/** Callers that are remembered; when there are more, those are forgotten that asked longest ago. */
const MAX_CALLERS = 10_000;

/**
 * Limits the calls of each host (by its address, a token bucket each) to routes that are open to
 * anybody: more are answered `RESOURCE_EXHAUSTED`, with Retry-After.
 */
export function limitRate(
  { burst, perSecond, clock = SYSTEM_CLOCK, of = hostOf }: RateLimit,
) {
  const buckets = new Map<string, { left: number; at: number }>();
  return createMiddleware<AppEnv>(async (c, next) => {
    const caller = of(c);
    const now = clock.monotonic();
    const bucket = buckets.get(caller) ?? { left: burst, at: now };
    const gained = (now - bucket.at) / 1000 * perSecond;
    const left = Math.min(burst, bucket.left + gained);
    buckets.delete(caller);
    buckets.set(caller, { left: left >= 1 ? left - 1 : left, at: now });
    if (buckets.size > MAX_CALLERS) {
      const [oldest] = buckets.keys();
      buckets.delete(oldest!);
    }
    if (left < 1) {
      c.header("retry-after", String(Math.ceil((1 - left) / perSecond)));
      throw new WorkerError(
        "RESOURCE_EXHAUSTED",
        `too many calls of "${c.req.path}" from "${caller}": try again later`,
      );
    }
    await next();
  });
}

function hostOf(c: AppContext): string {
  const { remoteAddress } = connectionOf(c.env.incoming);
  return remoteAddress.slice(0, remoteAddress.lastIndexOf(":"));
}
