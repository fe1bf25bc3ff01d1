import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { AppContext, AppEnv } from "../env.ts";
import type { Outgoing } from "../listener/listener_options.ts";
import type { RequestStatistics } from "../metrics/request_statistics.ts";

/** Methods are sent by clients, and a label must not have as many values as they can think of. */
const METHODS = new Set(["GET", "HEAD", "POST", "DELETE"]);

/** Counts every request when its answer, or the head of it, is there. */
export function countRequests(
  statistics: RequestStatistics,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const began = performance.now();
    await next();
    const { outgoing } = c.env;
    const route = patternOf(c);
    const streams = outgoing.headersSent;
    const status = streams ? outgoing.statusCode : c.res.status;
    statistics.answered({
      route,
      method: METHODS.has(c.req.method) ? c.req.method : "other",
      status: `${Math.floor(status / 100)}xx`,
    }, (performance.now() - began) / 1000);
    if (streams && !outgoing.writableEnded && !isGone(outgoing)) {
      outgoing.once("close", statistics.streaming(route));
    }
  };
}

/** Whether its 'close' has been told already. */
function isGone(outgoing: Outgoing): boolean {
  return "stream" in outgoing
    ? outgoing.stream?.destroyed ?? true
    : outgoing.destroyed;
}

/** The pattern of the route that answered, in the way of OpenAPI. */
function patternOf(c: AppContext): string {
  const route = matchedRoutes(c).findLast(({ method }) => method !== "ALL");
  return route?.path.replaceAll(/:(\w+)/g, "{$1}") ?? "other";
}
