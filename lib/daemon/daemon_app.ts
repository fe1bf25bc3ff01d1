import { statePaths } from "../../certs/mod.ts";
import { WorkerError } from "../api/errors.ts";
import type { AuditLog } from "../audit/mod.ts";
import type { LiveConfig } from "../config/live_config.ts";
import { createApp } from "../http/app.ts";
import { auditListenerEvent } from "../http/listener/audit_listener_event.ts";
import { ConnectProxy } from "../http/connect/connect_proxy.ts";
import { nodePorts } from "../http/connect/node_ports.ts";
import { StreamServer } from "../http/connect/stream_server.ts";
import type { TlsListener } from "../http/listener/listener.ts";
import type { Incoming, Outgoing } from "../http/listener/listener_options.ts";
import type { ListenerEvent } from "../http/listener/listener_event.ts";
import { logListenerEvent } from "../http/listener/log_listener_event.ts";
import { EventLoopDelay } from "../http/metrics/event_loop_delay.ts";
import { ListenerStatistics } from "../http/metrics/listener_statistics.ts";
import { requestListener } from "../http/request_listener.ts";
import type { ServiceSupervisor } from "../supervisor/mod.ts";
import { VERSION } from "../version.ts";
import type { ClusterPart } from "./cluster/cluster_part.ts";
import type { DaemonEvents } from "./events.ts";
import type { OwnJobs } from "./open_job_hosts.ts";
import { serverFiles } from "./server_files.ts";

/** What the HTTP API of a daemon shows. */
export interface DaemonAppParts {
  live: LiveConfig;
  supervisor: ServiceSupervisor<DaemonEvents>;
  audit: AuditLog;
  /** Null on a host that is no node. */
  own: OwnJobs | null;
  cluster: ClusterPart;
}

/** The HTTP API of a daemon, and what is counted of its listeners. */
export class DaemonApp implements Disposable {
  /** Answers requests of the administrator's socket. */
  readonly answer: (incoming: Incoming, outgoing: Outgoing) => void;
  /** Answers those of the network, be it a listener or a tunnel. */
  readonly serve: (incoming: Incoming, outgoing: Outgoing) => unknown;
  /** Takes streams to nodes. */
  readonly connect: ConnectProxy;
  readonly #parts: DaemonAppParts;
  readonly #listeners = new ListenerStatistics();
  readonly #eventLoop = new EventLoopDelay();
  #listener: TlsListener | null = null;

  constructor(parts: DaemonAppParts) {
    this.#parts = parts;
    const { own, audit, supervisor } = parts;
    const { judge, nodes, api: cluster } = parts.cluster;
    const app = createApp({
      jobs: own?.jobs ?? null,
      ...{ audit, judge, nodes, cluster },
      version: VERSION,
      unready: () => this.#unready(),
      services: () => supervisor.services(),
      connections: () => this.#listener?.connections ?? 0,
      metrics: () => this.#metrics(),
    });
    this.answer = requestListener(app);
    const accept: TlsListener["accept"] = (socket, from) => {
      if (this.#listener) return this.#listener.accept(socket, from);
      throw new WorkerError("UNAVAILABLE", "the server is starting");
    };
    const ports = nodePorts(cluster.directory);
    this.connect = new ConnectProxy({ accept, audit, nodes, ports });
    this.serve = new StreamServer({ accept, audit }).before(this.answer);
  }

  /** Services whose work is shown: they end after those that serve. */
  get needs(): string[] {
    return this.#parts.own ? ["job-host"] : [];
  }

  /** Has the listener's connections counted. */
  watch(listener: TlsListener): void {
    this.#listener = listener;
  }

  /** Logs and counts what a handler threw at a tunnel. */
  noteDefect(error: unknown): void {
    this.note({ type: "handler_error", remoteAddress: "a tunnel", error });
  }

  /** Counts, logs and records what happens at a listener. */
  note(event: ListenerEvent): void {
    this.#listeners.count(event);
    logListenerEvent(event);
    auditListenerEvent(this.#parts.audit, event);
  }

  #unready(): string | null {
    const { supervisor: { bus }, own } = this.#parts;
    if (bus.latest("ProcessExit")) return "the server is shutting down";
    if (own && !bus.latest("JobHostReady")) return "there is no job host yet";
    if (!bus.latest("ProcessReady")) return "the server is starting";
    return own?.hosts.problem ?? null;
  }

  async #metrics() {
    const { live, own, audit, cluster: { tunnels } } = this.#parts;
    const { stateDir, tls } = live.current;
    const { cert: server, ca } = serverFiles(live.current);
    const { daemonMetrics } = await import("./daemon_metrics.ts");
    return daemonMetrics({
      ...{ own, audit, stateDir, tunnels },
      reserve: () => live.current.reserve,
      listeners: this.#listeners,
      eventLoop: this.#eventLoop,
      certificates: {
        ...{ server, ca },
        ...tls === null && { admin: statePaths(stateDir).adminCert },
      },
    });
  }

  [Symbol.dispose](): void {
    this.#eventLoop[Symbol.dispose]();
  }
}
