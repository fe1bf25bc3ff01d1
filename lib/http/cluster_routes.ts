import type { MiddlewareHandler } from "hono";
import type { Clock } from "../clock.ts";
import type { App, AppEnv } from "./env.ts";
import {
  authOf,
  type AuthServices,
  type ClusterServices,
} from "./cluster_services.ts";
import { caRoute } from "./routes/ca.ts";
import { heartbeatRoute } from "./routes/heartbeats.ts";
import { joinRoutes } from "./routes/join.ts";
import { memberRoutes } from "./routes/members.ts";
import { nodeRoutes } from "./routes/nodes.ts";
import { proxyRoutes } from "./routes/proxies.ts";
import { rotationRoutes } from "./routes/rotation.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { tunnelRoutes } from "./routes/tunnels.ts";

/** What only auth can answer: method and path. */
const AUTH_CALLS: readonly (readonly [method: string, path: string])[] = [
  ["GET", "/v1/ca"],
  ["POST", "/v1/join"],
  ["POST", "/v1/renew"],
  ["POST", "/v1/heartbeats"],
  ["GET", "/v1/tokens"],
  ["POST", "/v1/tokens"],
  ["DELETE", "/v1/tokens/:id"],
  ["DELETE", "/v1/nodes/:name"],
  ["DELETE", "/v1/proxies/:name"],
  ["GET", "/v1/ca/rotation"],
  ["POST", "/v1/ca/rotation"],
];

/**
 * The cluster's routes that members, or hosts that are to become members, may call. To be registered
 * before those that let only users in.
 *
 * @param options A test's own clock. @default the host's time
 */
export function openClusterRoutes(
  app: App,
  services: ClusterServices,
  options: { clock?: Clock } = {},
): void {
  const { auth, relay } = services;
  const first = auth ? awaitAuth(services) : relay;
  if (first) {
    for (const [method, path] of AUTH_CALLS) app.on(method, path, first);
  }
  const { authority } = late(services);
  caRoute(app, { authority });
  joinRoutes(app, { authority, ...options });
  heartbeatRoute(app, services, options);
  nodeRoutes(app, services);
  proxyRoutes(app, services);
}

/** The cluster's routes for users. */
export function userClusterRoutes(app: App, services: ClusterServices): void {
  tokenRoutes(app, late(services));
  memberRoutes(app, services);
  tunnelRoutes(app, services);
  rotationRoutes(app, services);
}

/**
 * Auth reads its store when the server serves already, which takes a moment, and lets it go for the
 * next server before this one has ended.
 */
function awaitAuth(
  { directory, authLeaves }: Pick<ClusterServices, "directory" | "authLeaves">,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    // Auth itself says why it is not there.
    await directory.whenKnown().catch(() => {});
    if (authLeaves?.()) c.header("retry-after", "0");
    await next();
  };
}

/** What auth has, asked for with each call. */
function late(
  services: Pick<ClusterServices, "auth">,
): Pick<AuthServices, "authority" | "tokens"> {
  // Rejections, whatever goes wrong.
  const now = (): Promise<AuthServices> =>
    Promise.resolve().then(() => authOf(services));
  return {
    authority: {
      ca: async () => (await now()).authority.ca(),
      join: async (request) => (await now()).authority.join(request),
      renew: async (identity, request) =>
        (await now()).authority.renew(identity, request),
    },
    tokens: {
      create: async (request, by) => (await now()).tokens.create(request, by),
      list: async () => (await now()).tokens.list(),
      remove: async (id) => (await now()).tokens.remove(id),
    },
  };
}
