/**
 * The HTTP API over a real `JobSupervisor`, behind a real TLS listener, in this process:
 *
 *     await using api = await serveApi();
 *     const job = await api.as("alice").post("/v1/jobs", { command: "id" });
 *     equal(job.status, 201);
 */
import { join } from "node:path";
import { PeerVerifier, RevocationList } from "../../certs/mod.ts";
import { AuditLog } from "../../lib/audit/mod.ts";
import { createApp } from "../../lib/http/app.ts";
import { auditListenerEvent } from "../../lib/http/listener/audit_listener_event.ts";
import type { App } from "../../lib/http/env.ts";
import type { ServiceStatus } from "../../lib/api/service_status.ts";
import { auditMetrics, jobMetrics } from "../../lib/http/metrics/mod.ts";
import { ListenerStatistics } from "../../lib/http/metrics/listener_statistics.ts";
import { TlsListener } from "../../lib/http/listener/listener.ts";
import { requestListener } from "../../lib/http/request_listener.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";
import {
  JobSupervisor,
  type JobSupervisorOptions,
} from "../../lib/jobs/mod.ts";
import {
  type ApiCertificates,
  apiCertificates,
  type Caller,
} from "./api_certificates.ts";
import { ApiClient, type Protocol } from "./api_client.ts";

export const PROTOCOLS: readonly Protocol[] = ["h2", "http/1.1"];

/** A served API; everything it made is gone when it is disposed. */
export class ServedApi implements AsyncDisposable {
  /** Why `/readyz` says no. */
  unready: string | null = null;
  /** What `/readyz` and `/metrics` show of the server's services. */
  services: ServiceStatus[] = [];
  /** Counts what happens at the listener. */
  readonly events = new ListenerStatistics();
  /** What the verifier takes for the time, ms since the epoch. */
  now: () => number = Date.now;
  readonly #stack = new AsyncDisposableStack();
  readonly #clients = new Map<string, ApiClient>();

  private constructor(
    readonly directory: string,
    readonly certificates: ApiCertificates,
    readonly revocations: RevocationList,
  ) {}

  jobs!: JobSupervisor;
  audit!: AuditLog;
  app!: App;
  listener!: TlsListener;

  static async start(
    options: Partial<JobSupervisorOptions> = {},
  ): Promise<ServedApi> {
    const directory = await Deno.makeTempDir({ prefix: "worker-api-" });
    const served = new ServedApi(
      directory,
      await apiCertificates(),
      await RevocationList.load(join(directory, "revoked.json")),
    );
    await served.#serve(options);
    return served;
  }

  async #serve(options: Partial<JobSupervisorOptions>): Promise<void> {
    const { ca, server } = this.certificates;
    this.#stack.defer(() => Deno.remove(this.directory, { recursive: true }));
    this.jobs = this.#stack.use(
      new JobSupervisor({
        directory: join(this.directory, "jobs"),
        shutdownGrace: 0,
        ...options,
      }),
    );
    this.audit = this.#stack.use(
      new AuditLog({ directory: join(this.directory, "audit") }),
    );
    this.app = createApp({
      jobs: this.jobs,
      audit: this.audit,
      version: "1.2.3",
      unready: () => this.unready,
      connections: () => this.listener.connections,
      services: () => this.services,
      metrics: () =>
        Promise.resolve([
          ...jobMetrics(() => Promise.resolve(this.jobs.statistics())),
          ...this.events.metrics(),
          ...auditMetrics(this.audit),
        ]),
    });
    const verifier = new PeerVerifier({
      caBundle: ca,
      revocations: this.revocations,
      now: () => this.now(),
    });
    const socket = this.#stack.use(
      ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 }),
    );
    this.listener = this.#stack.use(
      await TlsListener.listen({
        sockets: [socket],
        ...server,
        ca,
        verify: (raw) => verifier.verify(raw),
        recheck: (who) => verifier.recheck(who),
        handler: requestListener(this.app),
        log: (event) => {
          this.events.count(event);
          auditListenerEvent(this.audit, event);
        },
      }),
    );
  }

  get origin(): string {
    return `https://localhost:${this.listener.addresses[0]!.port}`;
  }

  /** A client of its own connections; the same one for the same arguments. */
  as(caller: Caller, protocol: Protocol = "h2"): ApiClient {
    const key = `${caller} ${protocol}`;
    let client = this.#clients.get(key);
    if (client === undefined) {
      const { ca, clients } = this.certificates;
      client = new ApiClient({
        origin: this.origin,
        ca,
        pair: caller === "nobody" ? undefined : clients[caller],
        protocol,
      });
      this.#clients.set(key, client);
    }
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) client[Symbol.dispose]();
    await this.#stack.disposeAsync();
  }
}

export function serveApi(
  options?: Partial<JobSupervisorOptions>,
): Promise<ServedApi> {
  return ServedApi.start(options);
}
