import { createRoute, z } from "@hono/zod-openapi";
import { PROBLEM_MEDIA_TYPE, WorkerError } from "../../api/errors.ts";
import type { ServiceStatus } from "../../api/service_status.ts";
import { ServiceStatusSchema } from "../../api/service_status_schema.ts";
import { connectionOf } from "../connection.ts";
import type { AppServices } from "../app_services.ts";
import type { App, AppContext } from "../env.ts";
import {
  errorResponses,
  jsonResponse,
  named,
  ProblemSchema,
} from "../schemas.ts";

const Services = z.array(named("ServiceStatus", ServiceStatusSchema));

const healthz = createRoute({
  method: "get",
  path: "/healthz",
  summary: "The process answers",
  responses: {
    200: jsonResponse("It does.", z.object({ status: z.literal("ok") })),
  },
});

const readyz = createRoute({
  method: "get",
  path: "/readyz",
  summary: "The server takes jobs, and how its services are",
  description:
    "What a service failed with is shown to those with a good certificate only.",
  responses: {
    200: jsonResponse(
      "It does.",
      z.object({ status: z.literal("ok"), services: Services }),
    ),
    503: {
      description: "It does not now; `detail` says why.",
      content: {
        [PROBLEM_MEDIA_TYPE]: {
          schema: ProblemSchema.extend({ services: Services }),
        },
      },
    },
    ...errorResponses,
  },
});

/** For load balancers and init systems; no certificate needed. */
export function healthRoutes(
  app: App,
  { unready, services }: AppServices,
): void {
  app.openapi(healthz, (c) => c.json({ status: "ok" as const }, 200));
  app.openapi(readyz, (c) => {
    const shown = servicesFor(c, services());
    const reason = unready();
    if (reason === null) {
      return c.json({ status: "ok" as const, services: shown }, 200);
    }
    const problem = new WorkerError("UNAVAILABLE", reason).toProblem();
    const body = JSON.stringify({ ...problem, services: shown }) + "\n";
    return c.body(body, 503, { "content-type": PROBLEM_MEDIA_TYPE }) as never;
  });
}

/** Errors name files and addresses: that is for people who are let in. */
function servicesFor(
  c: AppContext,
  services: readonly ServiceStatus[],
): ServiceStatus[] {
  const known = isKnown(c);
  return services.map((service) =>
    known ? { ...service } : { ...service, error: null }
  );
}

function isKnown({ env: { incoming } }: AppContext): boolean {
  try {
    connectionOf(incoming).identity();
    return true;
  } catch (error) {
    if (error instanceof WorkerError) return false;
    throw error;
  }
}
