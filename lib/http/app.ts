import { openClusterRoutes, userClusterRoutes } from "./cluster_routes.ts";
import type { AppServices } from "./app_services.ts";
import type { App } from "./env.ts";
import { auditCalls } from "./middleware/audit.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { believeProxies } from "./middleware/believe_proxies.ts";
import { countRequests } from "./middleware/count_requests.ts";
import { readBody } from "./middleware/read_body.ts";
import { refuseBrowsers } from "./middleware/refuse_browsers.ts";
import { RequestStatistics } from "./metrics/request_statistics.ts";
import { newApp } from "./new_app.ts";
import { eventsRoute } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { inputRoute } from "./routes/input.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { noJobs } from "./routes/no_jobs.ts";
import { nodeCallRoutes } from "./routes/node_calls.ts";
import { openapiRoute } from "./routes/openapi.ts";
import { outputRoute } from "./routes/output.ts";
import { runRoute } from "./routes/run.ts";
import { signalRoutes } from "./routes/signals.ts";

/**
 * The HTTP API over any `JobService`. Handlers translate and decide nothing but who may do what.
 *
 * It has to be served by a `TlsListener`: identity comes from the connection, and output is written
 * to the connection as it is read from the log.
 */
export function createApp(services: AppServices): App {
  const app = newApp();
  const { jobs } = services;
  const requests = new RequestStatistics();
  app.use(countRequests(requests));
  app.use(auditCalls(services.audit));
  app.use(believeProxies(services.judge));
  app.use(refuseBrowsers);
  healthRoutes(app, services);
  if (services.cluster) openClusterRoutes(app, services.cluster);
  app.use("/v1/*", authenticate);
  app.use("/metrics", authenticate);
  app.use("/openapi.json", authenticate);
  if (services.nodes) nodeCallRoutes(app, services.nodes);
  if (jobs) inputRoute(app, { jobs });
  else noJobs(app);
  app.use("/v1/*", readBody);
  if (services.cluster) userClusterRoutes(app, services.cluster);
  if (jobs) {
    jobRoutes(app, { jobs });
    outputRoute(app, { jobs });
    signalRoutes(app, { jobs });
    runRoute(app, { jobs });
  }
  eventsRoute(app, services);
  metricsRoute(app, services, { requests });
  openapiRoute(app, services);
  return app;
}
