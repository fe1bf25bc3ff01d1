// First: schemas that are made before cannot describe themselves.
import "@hono/zod-openapi";
import type { JobService } from "../api/job_service.ts";
import type { App, AppServices } from "../http/env.ts";
import { readBody } from "../http/middleware/read_body.ts";
import { newApp } from "../http/new_app.ts";
import { inputRoute } from "../http/routes/input.ts";
import { jobRoutes } from "../http/routes/jobs.ts";
import { signalRoutes } from "../http/routes/signals.ts";
import { VERSION } from "../version.ts";
import { logRoutes, type LogSource } from "./log_routes.ts";
import { OWNER_HEADER } from "./owner_header.ts";
import { admitRequests, hostRoutes, type HostServices } from "./host_routes.ts";

/**
 * The API of the job host, on its unix socket: the routes of the public API without those that carry
 * output, and the job host's own. Who may connect may do everything; the daemon has asked already
 * whether the user may.
 */
export function createHostApp(
  jobs: JobService & LogSource,
  host: HostServices,
): App {
  const app = newApp();
  app.use("/v1/*", async (c, next) => {
    const owner = c.req.header(OWNER_HEADER);
    c.set("identity", {
      name: owner === undefined ? "worker" : decodeURIComponent(owner),
      roles: ["admin"],
    });
    await next();
  });
  admitRequests(app, host);
  const services: AppServices = {
    jobs,
    version: VERSION,
    unready: () => null,
    connections: () => 0,
  };
  inputRoute(app, services);
  app.use("/v1/*", readBody);
  jobRoutes(app, services);
  signalRoutes(app, services);
  logRoutes(app, jobs);
  hostRoutes(app, host);
  return app;
}
