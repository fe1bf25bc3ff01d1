import type { AppServices } from "../app_services.ts";
import type { App } from "../env.ts";

/** With what can't be a path here: it has a part of its own, which is one of the other paths. */
const DESCRIPTION =
  "Runs commands on Linux hosts over mutual TLS. A proxy answers the calls of its nodes below " +
  "`/v1/nodes/{node}`: `/v1/nodes/web-1/jobs` is `/v1/jobs` of `web-1`, and so with `run`, " +
  "`events`, and `/readyz`, `/healthz`, `/metrics`, `/openapi.json`. See docs/API.md.";

/** The OpenAPI document of every route, from the schemas that validate requests. */
export function openapiRoute(app: App, { version }: AppServices): void {
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "worker",
      version,
      description: DESCRIPTION,
      license: { name: "MIT" },
    },
  });
}
