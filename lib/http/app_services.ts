import type { JobService } from "../api/job_service.ts";
import type { ServiceStatus } from "../api/service_status.ts";
import type { AuditTrail } from "../audit/mod.ts";
import type { ClusterServices } from "./cluster_services.ts";
import type { Metric } from "./metrics/metric.ts";
import type { NodeRouter } from "./forwarding/node_router.ts";
import type { PeerJudge } from "./forwarding/passed_certificates.ts";

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
