import { createRoute, z } from "@hono/zod-openapi";
import { authorize } from "../../access/authorize.ts";
import { WorkerError } from "../../api/errors.ts";
import { NDJSON_MEDIA_TYPE } from "../../api/ndjson.ts";
import { TunnelRecordSchema } from "../../api/presence_schema.ts";
import { TunnelDiscoverySchema } from "../../api/tunnel_status_schema.ts";
import type { ClusterServices } from "../cluster_services.ts";
import type { App } from "../env.ts";
import { errorResponses, Flag, jsonResponse, named } from "../schemas.ts";
import { sendChanges } from "../response/send_changes.ts";

/** One line of `?watch=true`. */
const TunnelChangeSchema = z.discriminatedUnion("type", [
  TunnelRecordSchema.extend({ type: z.literal("tunnel") }),
  z.object({
    type: z.literal("removed"),
    node: z.string(),
    reason: z.string().nullable(),
  }),
]);

const list = createRoute({
  method: "get",
  path: "/v1/tunnels",
  summary: "The tunnels of this proxy, or watch them; for administrators",
  request: {
    query: z.object({
      watch: Flag.optional().openapi({
        description: "All tunnels, then each that comes or goes.",
      }),
    }),
  },
  responses: {
    200: {
      description: "Tunnels; with `watch=true` a record a line, without end.",
      content: {
        "application/json": {
          schema: z.array(named("Tunnel", TunnelRecordSchema)),
        },
        [NDJSON_MEDIA_TYPE]: {
          schema: named("TunnelChange", TunnelChangeSchema),
        },
      },
    },
    ...errorResponses,
  },
});

const discovery = createRoute({
  method: "get",
  path: "/v1/tunnels/discovery",
  summary: "How this node looks for its proxies; for administrators",
  responses: {
    200: jsonResponse(
      "What it has seen, claimed and dials, and what is the matter.",
      named("TunnelDiscovery", TunnelDiscoverySchema),
    ),
    ...errorResponses,
  },
});

/** Tunnels, from both ends, for administrators. */
export function tunnelRoutes(app: App, services: ClusterServices): void {
  app.openapi(list, (c) => {
    authorize(c.var.identity, "read", "tunnel");
    const { tunnels } = services;
    if (!tunnels) {
      throw new WorkerError(
        "UNSUPPORTED",
        "this server has not the role proxy, so it takes no tunnels: ask a proxy",
      );
    }
    if (!c.req.valid("query").watch) return c.json(tunnels.list(), 200);
    return sendChanges(c, (options) => tunnels.watch(options));
  });

  app.openapi(discovery, (c) => {
    authorize(c.var.identity, "read", "tunnel");
    const found = services.discovery?.() ?? null;
    if (found === null) {
      throw new WorkerError(
        "UNSUPPORTED",
        "this server dials no proxies: others connect to it, or it is no node",
      );
    }
    return c.json(found, 200);
  });
}
