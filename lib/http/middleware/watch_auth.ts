import { createMiddleware } from "hono/factory";
import { authOf, type ClusterServices } from "../cluster_services.ts";
import type { AppEnv } from "../env.ts";

/**
 * Has what a proxy watches come from auth, once its store is open. A proxy that answered with what it
 * was told itself could have been told by the very one that asks: after a restart of auth two of them
 * would watch each other for ever, and learn nothing any more.
 */
export function watchAuth(services: Pick<ClusterServices, "auth" | "relay">) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const watches = c.req.query("watch") === "true";
    if (!watches || c.var.identity.kind !== "proxy") return await next();
    const { auth, relay } = services;
    if (!auth && relay) return await relay(c, next);
    authOf(services);
    await next();
  });
}
