import { createRoute, z } from "@hono/zod-openapi";
import { authorize } from "../../access/authorize.ts";
import { NDJSON_MEDIA_TYPE } from "../../api/ndjson.ts";
import type { MemberChange, NodeStatus } from "../../api/presence.ts";
import {
  NodeChangeSchema,
  NodeStatusSchema,
} from "../../api/presence_schema.ts";
import { WorkerError } from "../../api/errors.ts";
import type { ClusterServices } from "../cluster_services.ts";
import type { App } from "../env.ts";
import { identify } from "../middleware/identify.ts";
import { watchAuth } from "../middleware/watch_auth.ts";
import { errorResponses, Flag, jsonResponse, named } from "../schemas.ts";
import { sendChanges } from "../response/send_changes.ts";

const list = createRoute({
  method: "get",
  path: "/v1/nodes",
  middleware: identify,
  summary: "The nodes of the cluster, or watch them; for users and proxies",
  request: {
    query: z.object({
      watch: Flag.optional().openapi({
        description: "All nodes, `synced`, then each that changes.",
      }),
      label: z.union([z.string(), z.array(z.string()).max(64)]).optional()
        .openapi({
          description:
            "Only nodes with this label, as `env=prod`; again for more.",
        }),
    }),
  },
  responses: {
    200: {
      description:
        "Nodes, by name; with `watch=true` a record a line, without end.",
      content: {
        "application/json": {
          schema: z.array(named("Node", NodeStatusSchema)),
        },
        [NDJSON_MEDIA_TYPE]: {
          schema: named("NodeChange", NodeChangeSchema),
        },
      },
    },
    ...errorResponses,
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/nodes/{node}",
  middleware: identify,
  summary: "One node, by its name, id, address or label",
  request: {
    params: z.object({
      node: z.string().openapi({
        param: { name: "node", in: "path" },
        example: "web-1",
      }),
    }),
  },
  responses: {
    200: jsonResponse("The node.", named("Node", NodeStatusSchema)),
    ...errorResponses,
  },
});

/** The nodes of a cluster. To be registered before the routes that take a user's certificate. */
export function nodeRoutes(
  app: App,
  services: Pick<ClusterServices, "directory" | "auth" | "relay">,
): void {
  const { directory } = services;
  app.get(list.path, identify, watchAuth(services));
  app.openapi(list, async (c) => {
    authorize(c.var.identity, "read", "node");
    const { watch, label } = c.req.valid("query");
    const labels = readLabels(label);
    await directory.whenKnown();
    if (!watch) return c.json(directory.nodesWith(labels), 200);
    if (labels.length === 0) {
      return sendChanges(c, (options) => directory.watch("node", options));
    }
    return sendChanges(
      c,
      (options) => withLabels(directory.watch("node", options), labels),
    );
  });

  app.openapi(get, async (c) => {
    authorize(c.var.identity, "read", "node");
    await directory.whenKnown();
    return c.json(directory.findNode(c.req.valid("param").node), 200);
  });
}

function readLabels(given: string | string[] | undefined): string[] {
  const labels = given === undefined ? [] : [given].flat();
  for (const label of labels) {
    if (/^[^=]+=/.test(label)) continue;
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `"${label}" is not a label: write for example "env=prod"`,
    );
  }
  return labels;
}

function hasAll({ labels }: NodeStatus, wanted: readonly string[]): boolean {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return wanted.every((pair) => pairs.includes(pair));
}

/** Changes of those that have the labels; one that loses them is gone for whoever watches. */
async function* withLabels(
  changes: AsyncIterable<MemberChange<NodeStatus>>,
  labels: readonly string[],
): AsyncGenerator<MemberChange<NodeStatus>> {
  const shown = new Set<string>();
  for await (const change of changes) {
    if (change.type === "synced") yield change;
    else if (change.type !== "removed" && hasAll(change, labels)) {
      shown.add(change.name);
      yield change;
    } else if (shown.delete(change.name)) {
      yield { type: "removed", name: change.name };
    }
  }
}
