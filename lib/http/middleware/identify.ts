import { createMiddleware } from "hono/factory";
import { connectionOf } from "../connection.ts";
import type { AppEnv } from "../env.ts";
import { VERSION } from "../../version.ts";

/**
 * Lets in whoever has a good certificate, members too: the route says who may. The certificate is
 * checked again at each request.
 */
export const identify = createMiddleware<AppEnv>(async (c, next) => {
  c.set("identity", connectionOf(c.env.incoming).identity());
  c.header("server", `worker/${VERSION}`);
  await next();
});
