import { createRoute, z } from "@hono/zod-openapi";
import { authorizeInPerson } from "../authorize.ts";
import { audited } from "../audited.ts";
import { authOf, type ClusterServices } from "../cluster_services.ts";
import type { App } from "../env.ts";
import { errorResponses } from "../schemas.ts";

/** The parameters are called as in the other calls of these paths, which OpenAPI describes together. */
const PATHS = {
  node: "/v1/nodes/{node}",
  proxy: "/v1/proxies/{proxy}",
} as const;

const revoke = (kind: keyof typeof PATHS) =>
  createRoute({
    method: "delete",
    path: PATHS[kind],
    middleware: audited("member.revoke"),
    summary:
      `Revoke a ${kind}: its host never comes in again with the key it has`,
    request: {
      params: z.object({
        [kind]: z.string().openapi({
          param: { name: kind, in: "path" },
          example: `${kind}-1`,
        }),
      }),
      query: z.object({
        reason: z.string().max(200).optional().openapi({
          description: "Why, for people.",
        }),
      }),
    },
    responses: { 204: { description: "It is revoked." }, ...errorResponses },
  });

/** Revoking members, for administrators. */
export function memberRoutes(
  app: App,
  services: Pick<ClusterServices, "auth">,
): void {
  for (const kind of ["node", "proxy"] as const) {
    app.openapi(revoke(kind), async (c) => {
      authorizeInPerson(c, "remove", kind);
      const name = c.req.valid("param")[kind]!;
      const { reason = null } = c.req.valid("query");
      c.var.audit.note({ detail: { kind, name, reason } });
      await authOf(services).members.revoke({ kind, name }, { reason });
      return c.body(null, 204);
    });
  }
}
