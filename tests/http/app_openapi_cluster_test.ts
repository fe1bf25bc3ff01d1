import { deepEqual, equal, match } from "node:assert/strict";
import type { TunnelDiscovery } from "../../lib/api/tunnel_status.ts";
import { MemberDirectory } from "../../lib/cluster/mod.ts";
import { createApp } from "../../lib/http/app.ts";
import type { AppServices } from "../../lib/http/app_services.ts";
import { openapiRoute } from "../../lib/http/routes/openapi.ts";
import { newApp } from "../../lib/http/new_app.ts";
import {
  openClusterRoutes,
  userClusterRoutes,
} from "../../lib/http/cluster_routes.ts";
import type { Json } from "../helpers/api_client.ts";
import { exampleNode } from "../cli/served_nodes.ts";
import { documentedCalls, problems } from "./openapi_document.ts";

const SERVICES = {
  jobs: null,
  version: "1.2.3",
  cluster: { directory: new MemberDirectory() },
  nodes: { route: () => Promise.resolve({ type: "local" as const }) },
} as unknown as AppServices;

/** The document of a cluster's routes, which here takes no certificate. */
async function clusterDocument(): Promise<Json> {
  const app = newApp();
  openClusterRoutes(app, SERVICES.cluster!);
  userClusterRoutes(app, SERVICES.cluster!);
  openapiRoute(app, SERVICES);
  return await (await app.request("/openapi.json")).json();
}

Deno.test("GET /openapi.json of a cluster's server lists its routes, and says where those of nodes are", async () => {
  const document = await clusterDocument();
  const routes = createApp(SERVICES).routes;
  const wanted = routes.filter(({ method, path }) =>
    method !== "ALL" && path.startsWith("/v1/") &&
    !path.startsWith("/v1/nodes/:node/:call") && path !== "/v1/events"
  ).map(({ method, path }) =>
    `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`
  );
  deepEqual(
    documentedCalls(document).toSorted(),
    [...new Set(wanted)].toSorted(),
  );
  match(document.info.description, /\/v1\/nodes\/\{node\}/);
});

Deno.test("GET /openapi.json of a cluster's server has each path under one name", async () => {
  const paths = Object.keys((await clusterDocument()).paths);
  const shapes = paths.map((path) => path.replaceAll(/\{\w+\}/g, "{}"));
  deepEqual(shapes.length, new Set(shapes).size, paths.join());
});

Deno.test("GET /openapi.json of a cluster's server describes what is sent and taken", async () => {
  const document = await clusterDocument();
  const { schemas } = document.components;
  const check = (name: string, value: Json) =>
    deepEqual(problems(document, schemas[name], value), [], name);
  check("Node", exampleNode("web-1", { labels: { env: "prod" } }));
  check("NodeChange", { type: "node", ...exampleNode("web-1") });
  check("NodeChange", { type: "synced" });
  check("ProxyChange", { type: "removed", name: "c" });
  check("TunnelChange", { type: "removed", node: "web-1", reason: null });
  check("TokenRequest", { roles: ["node"] });
  check("RotationRequest", { phase: "announced" });
  const proxy: TunnelDiscovery["agents"]["proxies"][number] = {
    id: "c",
    group: "default",
    generation: 0,
    addresses: ["c.example:7443"],
    state: "missing",
    mentionedMsAgo: 12.5,
    direct: { reason: "refused", failures: 2, retryInMs: 800 },
  };
  const discovery: TunnelDiscovery = {
    agents: {
      proxies: [proxy],
      claimed: ["a"],
      inFlight: 1,
      landings: { dials: 3, proxies: ["a"] },
      lastFailure: null,
      agents: [{ proxy: "a", via: "balancer", state: "serving" }],
      nextRetryInMs: 12.5,
    },
    verdict: { kind: "sticky_balancer", message: "it sticks" },
    proxies: ["lb.example:7443"],
  };
  check("TunnelDiscovery", discovery);
  const wrong = { ...discovery, verdict: { kind: "fine", message: "" } };
  equal(problems(document, schemas.TunnelDiscovery, wrong).length > 0, true);
});
