import { createMiddleware } from "hono/factory";
import { WorkerError } from "../../api/errors.ts";
import type { AppEnv } from "../env.ts";

/**
 * Refuses what a web page of another origin makes a browser send. A browser that holds a client
 * certificate sends it along, so without this any page could start jobs.
 */
export const refuseBrowsers = createMiddleware<AppEnv>(async (c, next) => {
  const site = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  const foreignSite = site !== undefined && site !== "same-origin" &&
    site !== "none";
  const foreignOrigin = origin !== undefined &&
    origin !== new URL(c.req.url).origin;
  if (foreignSite || foreignOrigin) {
    throw new WorkerError(
      "PERMISSION_DENIED",
      "requests of web pages of another origin are refused",
    );
  }
  await next();
});
