import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";

/** A body is JSON whatever its Content-Type says: `curl -d` says it is a form. */
export const readBodyAsJson = createMiddleware<AppEnv>(async (c, next) => {
  if (c.req.method === "POST") {
    c.req.raw.headers.set("content-type", "application/json");
  }
  await next();
});
