import type { ServiceState, ServiceStatus } from "../api/service_status.ts";
import type { Clock } from "../clock.ts";
import type { EventBus } from "./event_bus.ts";
import { FailureHistory } from "./failure_history.ts";
import { messageOf } from "./message_of.ts";
import type { ProcessEnd } from "./process_end.ts";
import {
  DEFAULT_RESTART_POLICY,
  type RestartPolicy,
} from "./restart_policy.ts";
import { END_PROCESS, type Service } from "./service.ts";
import type { SupervisorEventListener } from "./supervisor_event.ts";

/** Why a service wants the process to end. */
export type EndByService = Exclude<ProcessEnd, { reason: "shutdown" }>;

/** What a supervised service has of its supervisor. */
export interface Surroundings<E extends object> {
  bus: EventBus<E>;
  clock: Clock;
  /** Numbers in [0, 1). */
  random: () => number;
  emit: SupervisorEventListener;
  endProcess: (end: EndByService) => void;
}

/** How one run ended. */
type RunEnd =
  | { type: "returned"; endsProcess: boolean }
  | { type: "failed"; error: unknown };

/** One service under supervision: it runs, again when it failed, until it is done or is to stop. */
export class SupervisedService<E extends object> {
  readonly #service: Service<E>;
  readonly #around: Surroundings<E>;
  readonly #policy: RestartPolicy;
  readonly #failures: FailureHistory;
  readonly #ended = Promise.withResolvers<void>();
  #state: ServiceState = "registered";
  #since: number;
  #restarts = 0;
  #error: string | null = null;
  /** It was asked to stop. */
  #asked = false;
  /** Ends the run, or the pause, that goes on. */
  #interrupt: (() => void) | null = null;

  constructor(service: Service<E>, around: Surroundings<E>) {
    this.#service = service;
    this.#around = around;
    this.#policy = { ...DEFAULT_RESTART_POLICY, ...service.restart };
    this.#failures = new FailureHistory(this.#policy, around.random);
    this.#since = around.clock.now();
  }

  get name(): string {
    return this.#service.name;
  }

  get needs(): readonly string[] {
    return this.#service.needs ?? [];
  }

  /** Resolves when it does not run and will not run again. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** It does not run and will not run again. */
  get over(): boolean {
    return ["stopped", "done", "failed"].includes(this.#state);
  }

  get status(): ServiceStatus {
    return {
      name: this.name,
      critical: this.#service.critical ?? false,
      state: this.#state,
      since: new Date(this.#since).toISOString(),
      restarts: this.#restarts,
      error: this.#error,
    };
  }

  /** Begins it. One that has begun, or was asked to stop, is left as it is. */
  start(): void {
    if (this.#state === "registered") void this.#keepRunning();
  }

  /** Asks it to stop. Asking again changes nothing; one that has ended is left as it is. */
  stop(): void {
    if (this.over) return;
    this.#asked = true;
    const { emit } = this.#around;
    switch (this.#state) {
      case "registered":
        return this.#end("stopped");
      case "running":
        this.#enter("stopping");
        emit({ type: "stopping", service: this.name });
    }
    this.#interrupt?.();
  }

  async #keepRunning(): Promise<void> {
    const { clock, emit } = this.#around;
    while (true) {
      this.#enter("running");
      const begun = clock.monotonic();
      const end = await this.#run();
      if (this.#asked) return this.#stopped(end);
      if (end.type === "returned") return this.#done(end);
      const pause = this.#failed(end.error, clock.monotonic() - begun);
      if (pause === null) return this.#end("failed");
      this.#enter("restarting");
      emit({ type: "restarting", service: this.name, delayMs: pause });
      await this.#sleep(pause);
      if (this.#asked) return this.#stopped();
      this.#restarts++;
    }
  }

  async #run(): Promise<RunEnd> {
    // A run has a signal of its own, so that what one forgets to take back is gone with it.
    const stop = new AbortController();
    this.#interrupt = () =>
      stop.abort(
        new DOMException(`the service "${this.name}" is to stop`, "AbortError"),
      );
    const { bus, emit } = this.#around;
    emit({ type: "started", service: this.name, restarts: this.#restarts });
    try {
      const outcome = await this.#service.run(stop.signal, bus);
      if (this.#service.endless && outcome === undefined && !this.#asked) {
        const error = new Error(`the service "${this.name}" ended by itself`);
        return { type: "failed", error };
      }
      return { type: "returned", endsProcess: outcome === END_PROCESS };
    } catch (error) {
      return stop.signal.aborted && isStop(error, stop.signal)
        ? { type: "returned", endsProcess: false }
        : { type: "failed", error };
    } finally {
      this.#interrupt = null;
    }
  }

  /** Resolves after `ms`, or when it is asked to stop. */
  #sleep(ms: number): Promise<void> {
    if (this.#asked) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#around.clock.after(ms, resolve);
      this.#interrupt = () => {
        cancel();
        resolve();
      };
    });
  }

  /** What follows from a failure: the pause until the next run in ms, or null for no other run. */
  #failed(error: unknown, ranMs: number): number | null {
    const { clock, emit, endProcess } = this.#around;
    const { name, critical = false } = this.#service;
    this.#error = messageOf(error);
    emit({ type: "failed", service: name, critical, error });
    if (critical) {
      endProcess({ reason: "failed", service: name, error });
      return null;
    }
    const decision = this.#failures.fail(clock.monotonic(), ranMs);
    if (decision.type === "restart") return decision.delayMs;
    const { limit, windowMs } = this.#policy;
    emit({ type: "gave_up", service: name, limit, windowMs });
    return null;
  }

  #done({ endsProcess }: { endsProcess: boolean }): void {
    const { emit, endProcess } = this.#around;
    this.#end("done");
    emit({ type: "ended", service: this.name, endsProcess });
    if (endsProcess) endProcess({ reason: "ended", service: this.name });
  }

  /** `end` is how the run ended that was interrupted; none when it was a pause. */
  #stopped(end?: RunEnd): void {
    const error = end?.type === "failed" ? end.error : undefined;
    if (end?.type === "failed") this.#error = messageOf(error);
    this.#end("stopped");
    this.#around.emit({ type: "stopped", service: this.name, error });
  }

  #end(state: "stopped" | "done" | "failed"): void {
    this.#enter(state);
    this.#ended.resolve();
  }

  #enter(state: ServiceState): void {
    this.#state = state;
    this.#since = this.#around.clock.now();
  }
}

/** Whether it is what a wait throws that was told to end, rather than a failure of its own. */
function isStop(error: unknown, { reason }: AbortSignal): boolean {
  if (error === reason) return true;
  return error instanceof Error &&
    (error.name === "AbortError" || error.cause === reason);
}
