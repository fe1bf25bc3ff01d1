import type { App, AppServices } from "../env.ts";

/** The OpenAPI document of every route, from the schemas that validate requests. */
export function openapiRoute(app: App, { version }: AppServices): void {
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "worker",
      version,
      description:
        "Runs commands on a Linux host over mutual TLS. See docs/API.md.",
      license: { name: "MIT" },
    },
  });
}
