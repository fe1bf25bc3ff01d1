import type { MiddlewareHandler } from "hono";
import { WorkerError } from "../../api/errors.ts";
import { connectionOf } from "../connection.ts";
import type { AppEnv } from "../env.ts";
import { readBytes } from "../middleware/read_body.ts";
import type { PassOn } from "./node_router.ts";
import { passOn } from "./pass_on.ts";

/** Nothing that auth is asked has more. */
const MAX_BODY_BYTES = 256 * 1024;

const ANSWER_WITHIN_MS = 30_000;

/**
 * Passes calls on to auth, with the certificate of who asks when there is one: what is allowed is
 * up to auth. What another server has passed on is refused, so that no call goes round.
 *
 * The body is read before: whoever sends it slowly, which may be anybody, must not hold a request of
 * those to auth.
 *
 * @param request Throws `UNAVAILABLE` when auth can't be reached.
 */
export function relayToAuth(request: PassOn): MiddlewareHandler<AppEnv> {
  return async (c) => {
    const { via } = connectionOf(c.env.incoming);
    if (via !== undefined) {
      throw new WorkerError(
        "UNAVAILABLE",
        `"${via}" took this server for auth, whose role it has not: auth is not reachable`,
      );
    }
    const { pathname, search } = new URL(c.req.url);
    return await passOn(c, {
      path: pathname + search,
      request,
      body: await readBytes(c.env.incoming, MAX_BODY_BYTES),
      follow: c.req.query("watch") === "true",
      answerWithinMs: ANSWER_WITHIN_MS,
    });
  };
}
