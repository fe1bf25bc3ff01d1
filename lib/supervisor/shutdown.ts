import type { Clock } from "../clock.ts";
import type { ExitHandlers } from "./exit_handlers.ts";
import type {
  FailedExitHandler,
  HungService,
  ShutdownReport,
} from "./shutdown_report.ts";
import { neededBy, stopInOrder, type Stoppable } from "./stop_in_order.ts";
import type {
  SupervisorEvent,
  SupervisorEventListener,
} from "./supervisor_event.ts";

export interface ShutdownOptions {
  /**
   * Services stop in reverse order of dependency and take the time they need. Else all are asked at
   * once, and told by `exiting` to interrupt what they do. @default {true}
   */
  graceful?: boolean;
  /**
   * From now, in milliseconds: services that have not ended then are given up.
   * @default {10_000}, or 1 s when it is not graceful
   */
  deadlineMs?: number;
}

/** What a shutdown has of its supervisor. */
export interface ShutdownParts {
  clock: Clock;
  services: readonly (Stoppable & { readonly over: boolean })[];
  exitHandlers: ExitHandlers;
  /** Aborted when the graceful time is over. */
  exiting: AbortController;
  emit: SupervisorEventListener;
}

/** The one shutdown of a supervisor. It can be hastened, never slowed down. */
export class Shutdown {
  readonly #parts: ShutdownParts;
  readonly #begun: number;
  readonly #done = Promise.withResolvers<ShutdownReport>();
  readonly #timeIsUp = Promise.withResolvers<void>();
  #deadline = Infinity;
  #cancelDeadline: () => void = () => {};
  #interrupted = false;
  #settled = false;

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
    this.#begun = parts.clock.monotonic();
  }

  /** Resolves when it is over. Never rejects. */
  get done(): Promise<ShutdownReport> {
    return this.#done.promise;
  }

  /** Begins it. It is apart from the constructor because services that stop may ask for a shutdown. */
  begin(options: ShutdownOptions): void {
    const { graceful = true, deadlineMs = graceful ? 10_000 : 1_000 } = options;
    this.#parts.emit({ type: "shutting_down", graceful, deadlineMs });
    this.hasten({ graceful, deadlineMs });
    void this.#run().then(this.#done.resolve);
  }

  /** Brings the deadline forward, and interrupts the services when it is no longer graceful. */
  hasten(
    { graceful = true, deadlineMs = graceful ? Infinity : 1_000 }:
      ShutdownOptions,
  ): void {
    if (this.#settled) return;
    if (!graceful) this.#interrupt();
    const { clock } = this.#parts;
    const deadline = clock.monotonic() + deadlineMs;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(deadlineMs, this.#timeIsUp.resolve);
  }

  async #run(): Promise<ShutdownReport> {
    const { clock, services, exitHandlers, emit } = this.#parts;
    await Promise.race([stopInOrder(services), this.#timeIsUp.promise]);
    this.#settled = true;
    this.#cancelDeadline();
    const hung = this.#findHung();
    for (const service of hung) emit({ type: "hung", ...service });
    const graceful = !this.#interrupted && hung.length === 0;
    this.#interrupt();
    const failedExitHandlers: FailedExitHandler[] = [];
    await exitHandlers.run(clock, (failed) => {
      failedExitHandlers.push(failed);
      emit(eventOf(failed));
    });
    const tookMs = clock.monotonic() - this.#begun;
    const report = { graceful, tookMs, hung, failedExitHandlers };
    emit({ type: "shut_down", report });
    return report;
  }

  #findHung(): HungService[] {
    const running = this.#parts.services.filter(({ over }) => !over);
    return running.map((service) => ({
      service: service.name,
      behind: this.#interrupted
        ? []
        : neededBy(service, running).map(({ name }) => name),
    }));
  }

  #interrupt(): void {
    this.#interrupted = true;
    const { exiting, services } = this.#parts;
    exiting.abort(
      new DOMException(
        "the graceful time of the process is over",
        "AbortError",
      ),
    );
    for (const service of services) service.stop();
  }
}

function eventOf(failed: FailedExitHandler): SupervisorEvent {
  return failed.type === "threw"
    ? { ...failed, type: "exit_handler_failed" }
    : { ...failed, type: "exit_handler_hung" };
}
