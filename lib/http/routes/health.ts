import { createRoute, z } from "@hono/zod-openapi";
import { WorkerError } from "../../api/errors.ts";
import type { App, AppServices } from "../env.ts";
import { errorResponses, jsonResponse } from "../schemas.ts";

const Status = z.object({ status: z.literal("ok") });

const healthz = createRoute({
  method: "get",
  path: "/healthz",
  summary: "The process answers",
  responses: { 200: jsonResponse("It does.", Status) },
});

const readyz = createRoute({
  method: "get",
  path: "/readyz",
  summary: "The server takes jobs",
  responses: { 200: jsonResponse("It does.", Status), ...errorResponses },
});

/** For load balancers and init systems; no certificate needed. */
export function healthRoutes(app: App, { unready }: AppServices): void {
  app.openapi(healthz, (c) => c.json({ status: "ok" as const }, 200));
  app.openapi(readyz, (c) => {
    const reason = unready();
    if (reason !== null) throw new WorkerError("UNAVAILABLE", reason);
    return c.json({ status: "ok" as const }, 200);
  });
}
