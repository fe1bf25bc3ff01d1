import { getLogger } from "@logtape/logtape";
import type { ServiceStatus } from "../api/service_status.ts";
import type { AuditLog } from "../audit/mod.ts";
import { compareConfigs } from "../config/compare_configs.ts";
import type { ServeConfig } from "../config/serve_config.ts";
import type { ListeningSocket } from "../linux/listening_socket.ts";
import { configureLog } from "../log.ts";
import type {
  ProcessEnd,
  Service,
  ServiceSupervisor,
  ShutdownReport,
} from "../supervisor/mod.ts";
import type { DaemonEvents } from "./events.ts";
import { hostSettings, type OwnJobs } from "./open_job_hosts.ts";
import { ownProgram } from "./replacement/own_program.ts";
import type { Place } from "./place.ts";
import { startReplacement } from "./replacement/replacement.ts";
import { noteFailure, noteOutcome } from "./replacement/replacement_outcome.ts";
import type { ServiceManager } from "./service_manager.ts";

const logger = getLogger(["worker", "daemon"]);

/** What the services do not need once they are done: a moment to end in, ms. */
const LAST_MOMENT_MS = 1_000;

/** What a running daemon is made of. */
export interface DaemonParts {
  supervisor: ServiceSupervisor<DaemonEvents>;
  live: { current: ServeConfig };
  audit: AuditLog;
  /** Null on a host that is no node. */
  own: OwnJobs | null;
  manager: ServiceManager;
  place: Place;
  sockets: readonly ListeningSocket[];
}

/** A server that serves. Shut it down, or dispose of it, to end it; its jobs go on. */
export class RunningDaemon implements AsyncDisposable {
  readonly #parts: DaemonParts;
  #stopping = false;
  #reloading: Promise<void> | null = null;
  #reloadAgain = false;
  /** The attempt to replace it that is under way. */
  #replacement: { abort: AbortController; over: Promise<unknown> } | null =
    null;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
  }

  /** `host:port` of each listener, with the real port. */
  get addresses(): readonly string[] {
    return this.#parts.supervisor.bus.latest("ApiReady")?.addresses ?? [];
  }

  /** Files that this start has made, for people to see. */
  get created(): readonly string[] {
    return this.#parts.supervisor.bus.latest("IdentityReady")?.created ?? [];
  }

  /** How its services are. */
  services(): ServiceStatus[] {
    return this.#parts.supervisor.services();
  }

  /** Adds a service; it begins at once. */
  register(service: Service<DaemonEvents>): void {
    this.#parts.supervisor.register(service);
  }

  /** Resolves when it is to end by itself, and with why; its owner then shuts it down. */
  get ended(): Promise<ProcessEnd> {
    return this.#parts.supervisor.wait();
  }

  /**
   * Takes another configuration over, as far as that can change, and reads certificates and
   * revocations again. Asked while it does so, it does it once more. Never rejects; what could not be
   * done is logged, and stays as it was.
   */
  reload(read: () => Promise<ServeConfig>): Promise<void> {
    this.#reloadAgain = true;
    return this.#reloading ??= this.#reload(read).finally(() =>
      this.#reloading = null
    );
  }

  async #reload(read: () => Promise<ServeConfig>): Promise<void> {
    const { manager, supervisor: { bus } } = this.#parts;
    manager.reloading();
    while (this.#reloadAgain) {
      this.#reloadAgain = false;
      await this.#reloadConfig(read);
      await bus.latest("IdentityReady")?.identity.reload();
    }
    manager.ready();
  }

  async #reloadConfig(read: () => Promise<ServeConfig>): Promise<void> {
    const { live, own, audit } = this.#parts;
    try {
      const { changed, needRestart, config } = compareConfigs(
        live.current,
        await read(),
      );
      // The one that can fail comes first.
      await own?.hosts.configure(hostSettings(config));
      live.current = config;
      configureLog(config.log);
      audit.configure(config.audit);
      logger.info`configuration reloaded: ${
        changed.length === 0 ? "nothing new" : `changed ${changed.join(", ")}`
      }`;
      if (needRestart.length > 0) {
        logger.warn`only a restart takes over: ${needRestart.join(", ")}`;
      }
      audit.record({
        action: "config.reload",
        result: "ok",
        detail: {
          changed: changed.join(" "),
          needRestart: needRestart.join(" "),
        },
      });
    } catch (error) {
      const { message } = error as Error;
      logger.error`configuration not reloaded, the old one stays: ${message}`;
      audit.record({ action: "config.reload", result: "failed", message });
    }
  }

  /**
   * Starts what is in the executable by now in this server's place. True when that serves: this one
   * is to be shut down then. False when it could not; this one goes on, and the log says why.
   */
  async replace(): Promise<boolean> {
    if (this.#replacement !== null || this.#stopping) return false;
    const abort = new AbortController();
    const over = this.#replace(abort.signal);
    this.#replacement = { abort, over };
    try {
      return await over;
    } finally {
      this.#replacement = null;
    }
  }

  /** Never rejects. */
  async #replace(signal: AbortSignal): Promise<boolean> {
    const { live, own, sockets, manager, audit } = this.#parts;
    const { stateDir } = live.current;
    using standing = new DisposableStack();
    // From now on it is a newer build that says which job host there is.
    if (own) standing.use(own.hosts.standBack());
    try {
      const { pid } = await startReplacement({
        command: [...ownProgram().command, ...Deno.args],
        sockets,
        env: manager.environment,
        signal,
      });
      manager.mainPid(pid);
      standing.move();
      audit.record({ action: "daemon.replace", result: "ok", detail: { pid } });
      logger.info`${pid} serves in this server's place`;
      noteOutcome(stateDir, { result: "ok", pid });
      this.handOver();
      return true;
    } catch (error) {
      const { message } = error as Error;
      noteFailure(stateDir, message, { ending: signal.aborted });
      audit.record({ action: "daemon.replace", result: "failed", message });
      return false;
    }
  }

  /** Another server serves in this one's place. */
  handOver(): void {
    this.#parts.place.handOver();
  }

  /**
   * Ends it: accepts nobody more, tells followers, lets open requests end within the configured
   * time, then stops all services. Called again, not gracefully, it hastens the first.
   */
  async shutdown(
    { graceful = true }: { graceful?: boolean } = {},
  ): Promise<ShutdownReport> {
    const { supervisor, live } = this.#parts;
    if (!this.#stopping) {
      this.#stopping = true;
      this.#replacement?.abort.abort(new Error("the server was told to end"));
      const reason = graceful ? "it was told to end" : "it is to end at once";
      supervisor.bus.broadcast("ProcessExit", { reason });
      // Nothing that was to take its place outlives it, or ends unrecorded.
      await this.#replacement?.over;
    }
    const report = await supervisor.shutdown({
      graceful,
      deadlineMs: graceful
        ? live.current.shutdownTimeout + LAST_MOMENT_MS
        : LAST_MOMENT_MS,
    });
    logger.info`stopped`;
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}
