import { createRoute } from "@hono/zod-openapi";
import { authorizeInPerson } from "../authorize.ts";
import {
  RotationRequestSchema,
  RotationStatusSchema,
} from "../../api/rotation_schema.ts";
import { audited } from "../audited.ts";
import { authOf, type ClusterServices } from "../cluster_services.ts";
import type { App } from "../env.ts";
import { errorResponses, jsonBody, jsonResponse, named } from "../schemas.ts";

const answer = jsonResponse(
  "How far it is, and whom the next step would cut off.",
  named("Rotation", RotationStatusSchema),
);

const read = createRoute({
  method: "get",
  path: "/v1/ca/rotation",
  summary: "How far the replacement of the authority is",
  responses: { 200: answer, ...errorResponses },
});

const advance = createRoute({
  method: "post",
  path: "/v1/ca/rotation",
  middleware: audited("authority.rotate"),
  summary: "Take the next step of the replacement of the authority",
  request: { body: jsonBody(named("RotationRequest", RotationRequestSchema)) },
  responses: { 200: answer, ...errorResponses },
});

/** Replacing the authority of a cluster, for administrators. */
export function rotationRoutes(
  app: App,
  services: Pick<ClusterServices, "auth">,
): void {
  app.openapi(read, async (c) => {
    authorizeInPerson(c, "read", "authority");
    return c.json(await authOf(services).rotation.status(), 200);
  });

  app.openapi(advance, async (c) => {
    authorizeInPerson(c, "change", "authority");
    const request = c.req.valid("json");
    c.var.audit.note({ detail: { ...request } });
    return c.json(await authOf(services).rotation.advance(request), 200);
  });
}
