import { deepEqual, equal } from "node:assert/strict";
import type { ServiceStatus } from "../../lib/api/service_status.ts";
import { PROTOCOLS, serveApi } from "../helpers/api.ts";

const TUNNEL: ServiceStatus = {
  name: "tunnel",
  critical: false,
  state: "failed",
  since: "2026-11-21T09:00:00.000Z",
  restarts: 3,
  error: `cannot read "/secret/path"`,
};

Deno.test("GET /healthz and /readyz answer without a certificate", async (t) => {
  await using api = await serveApi();
  api.services = [{ ...TUNNEL, error: null }];
  for (const protocol of PROTOCOLS) {
    for (const caller of ["nobody", "foreign", "node", "alice"] as const) {
      await t.step(`${caller} ${protocol}`, async () => {
        const client = api.as(caller, protocol);
        const health = await client.get("/healthz");
        deepEqual([health.status, health.json], [200, { status: "ok" }]);
        const { status, json } = await client.get("/readyz");
        equal(status, 200);
        deepEqual(json, { status: "ok", services: api.services });
      });
    }
  }
});

Deno.test("GET /readyz answers 503 with the services when the server can't take work", async () => {
  await using api = await serveApi();
  api.services = [TUNNEL];
  api.unready = "the server is shutting down";
  const { status, headers, json } = await api.as("alice").get("/readyz");
  deepEqual([status, json.code, json.status], [503, "UNAVAILABLE", 503]);
  equal(headers.get("content-type"), "application/problem+json");
  equal(json.detail, "the server is shutting down");
  deepEqual(json.services, [TUNNEL]);
  equal((await api.as("nobody").get("/healthz")).status, 200);
});

Deno.test("GET /readyz says what a service failed with to those with a good certificate only", async () => {
  await using api = await serveApi();
  api.services = [TUNNEL];
  for (const unready of [null, "not yet"]) {
    api.unready = unready;
    for (const caller of ["nobody", "foreign"] as const) {
      const { text, json } = await api.as(caller).get("/readyz");
      deepEqual(json.services, [{ ...TUNNEL, error: null }]);
      equal(text.includes("secret"), false);
    }
    const { json } = await api.as("alice").get("/readyz");
    deepEqual(json.services, [TUNNEL]);
  }
});
