import { createRoute, z } from "@hono/zod-openapi";
import { authorize } from "../../access/authorize.ts";
import { NDJSON_MEDIA_TYPE } from "../../api/ndjson.ts";
import {
  ProxyChangeSchema,
  ProxyStatusSchema,
} from "../../api/presence_schema.ts";
import type { ClusterServices } from "../cluster_services.ts";
import type { App } from "../env.ts";
import { identify } from "../middleware/identify.ts";
import { watchAuth } from "../middleware/watch_auth.ts";
import { errorResponses, Flag, named } from "../schemas.ts";
import { sendChanges } from "../response/send_changes.ts";

const list = createRoute({
  method: "get",
  path: "/v1/proxies",
  middleware: identify,
  summary: "The proxies of the cluster, or watch them; for users and members",
  request: {
    query: z.object({
      watch: Flag.optional().openapi({
        description: "All proxies, `synced`, then each that changes.",
      }),
    }),
  },
  responses: {
    200: {
      description:
        "Proxies, by name; with `watch=true` a record a line, without end.",
      content: {
        "application/json": {
          schema: z.array(named("Proxy", ProxyStatusSchema)),
        },
        [NDJSON_MEDIA_TYPE]: {
          schema: named("ProxyChange", ProxyChangeSchema),
        },
      },
    },
    ...errorResponses,
  },
});

/** The proxies of a cluster. To be registered before the routes that take a user's certificate. */
export function proxyRoutes(
  app: App,
  services: Pick<ClusterServices, "directory" | "auth" | "relay">,
): void {
  const { directory } = services;
  app.get(list.path, identify, watchAuth(services));
  app.openapi(list, async (c) => {
    authorize(c.var.identity, "read", "proxy");
    await directory.whenKnown();
    if (!c.req.valid("query").watch) return c.json(directory.proxies(), 200);
    return sendChanges(c, (options) => directory.watch("proxy", options));
  });
}
