import { createRoute } from "@hono/zod-openapi";
import type { CaAnswer } from "../../api/cluster.ts";
import { CaAnswerSchema } from "../../api/cluster_schema.ts";
import type { App } from "../env.ts";
import { errorResponses, jsonResponse, named } from "../schemas.ts";

/** What {@linkcode caRoute} needs of the cluster's authority. */
export interface CaService {
  ca(): Promise<CaAnswer>;
}

const read = createRoute({
  method: "get",
  path: "/v1/ca",
  summary: "Whom the cluster trusts; open to anybody, compare the pins",
  responses: {
    200: jsonResponse("The authorities.", named("Ca", CaAnswerSchema)),
    ...errorResponses,
  },
});

/** The authorities of the cluster. To be registered before routes that take a certificate. */
export function caRoute(
  app: App,
  { authority }: { authority: CaService },
): void {
  app.openapi(read, async (c) => c.json(await authority.ca(), 200));
}
