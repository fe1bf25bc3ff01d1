import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";
import { VERSION } from "../../version.ts";
import { connectionOf } from "../connection.ts";
import { userOf } from "../user_of.ts";

/**
 * Lets only users in: the connection's certificate is checked again at each request, and one that
 * says it is a node or a proxy has no business with jobs.
 */
export const authenticate = createMiddleware<AppEnv>(async (c, next) => {
  c.set("identity", userOf(connectionOf(c.env.incoming)));
  // Only who is let in learns the version.
  c.header("server", `worker/${VERSION}`);
  await next();
});
