import type { Context } from "hono";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Identity } from "../../certs/identity.ts";
import type { JobService } from "../api/job_service.ts";
import type { ServiceStatus } from "../api/service_status.ts";
import type { AuditTrail } from "../audit/mod.ts";
import type { AuditCall } from "./audit_call.ts";
import type { ClusterServices } from "./cluster_services.ts";
import type { Incoming, Outgoing } from "./listener_options.ts";
import type { Metric } from "./metrics/metric.ts";
import type { NodeRouter } from "./node_router.ts";
import type { PeerJudge } from "./passed_certificates.ts";

/** Who asks, as far as the routes care. */
export type Caller = Pick<
  Identity,
  "name" | "roles" | "kind" | "fingerprint"
>;

/** What every handler finds in its context. */
export interface AppEnv {
  Bindings: { incoming: Incoming; outgoing: Outgoing };
  Variables: {
    /** Who asks; set on every route below `/v1`. */
    identity: Caller;
    /** What is recorded of the call. */
    audit: AuditCall;
  };
}

export type AppContext = Context<AppEnv>;
export type App = OpenAPIHono<AppEnv>;

/** What the routes expose. */
export interface AppServices {
  /** Null on a server that runs none. */
  jobs: JobService | null;
  /** Where calls are recorded, and read again. */
  audit: AuditTrail;
  /** Version of the daemon, for `/openapi.json` and `/metrics`. */
  version: string;
  /** Why the daemon can't take work now; null when it can. */
  unready(): string | null;
  /** Open connections, for `/metrics`. */
  connections(): number;
  /** The services of the daemon, for `/readyz` and `/metrics`. */
  services(): readonly ServiceStatus[];
  /** What else `/metrics` shows; asked for with the first scrape. */
  metrics(): Promise<readonly Metric[]>;
  /** Judges certificates that proxies pass on. @default none is believed */
  judge?: PeerJudge;
  /** Finds the nodes of `/v1/nodes/{node}/…`. @default there are none */
  nodes?: NodeRouter;
  /** What it knows and does of a cluster. @default nothing */
  cluster?: ClusterServices;
}
