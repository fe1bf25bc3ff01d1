import type { ServiceStatus } from "../api/service_status.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { findCycle, findMissing } from "./dependencies.ts";
import { EventBus } from "./event_bus.ts";
import {
  type ExitHandler,
  type ExitHandlerOptions,
  ExitHandlers,
} from "./exit_handlers.ts";
import { logSupervisorEvent } from "./log_supervisor_event.ts";
import type { ProcessEnd } from "./process_end.ts";
import type { Service } from "./service.ts";
import { Shutdown, type ShutdownOptions } from "./shutdown.ts";
import type { ShutdownReport } from "./shutdown_report.ts";
import { SupervisedService } from "./supervised_service.ts";
import type {
  SupervisorEvent,
  SupervisorEventListener,
} from "./supervisor_event.ts";

export interface ServiceSupervisorOptions<E extends object> {
  /** @default the host's time */
  clock?: Clock;
  /** Numbers in [0, 1), for the jitter of pauses. @default {Math.random} */
  random?: () => number;
  /** @default one of its own, whose failed mappings `onEvent` hears of */
  bus?: EventBus<E>;
  /** Hears what happens to the services. @default writes it to the log */
  onEvent?: SupervisorEventListener;
}

/** Runs the services of a process, see the protocol in `mod.ts`. Disposing it shuts it down. */
export class ServiceSupervisor<E extends object> implements AsyncDisposable {
  /** What services tell each other by. */
  readonly bus: EventBus<E>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onEvent: SupervisorEventListener;
  readonly #services = new Map<string, SupervisedService<E>>();
  readonly #exitHandlers = new ExitHandlers();
  readonly #exiting = new AbortController();
  readonly #end = Promise.withResolvers<ProcessEnd>();
  #started = false;
  /** The end of the process is decided; nothing begins any more. */
  #ending = false;
  #shutdown: Shutdown | null = null;

  constructor(options: ServiceSupervisorOptions<E> = {}) {
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#random = options.random ?? Math.random;
    this.#onEvent = options.onEvent ?? logSupervisorEvent;
    this.bus = options.bus ?? new EventBus<E>({
      onError: (error, event) =>
        this.#emit({ type: "mapping_failed", event, error }),
    });
  }

  /**
   * The exit context around the graceful one: it aborts when the graceful time is over, because all
   * services have ended, the deadline has passed, or the shutdown was not graceful. What drains
   * until its own signal's work is done gives up here.
   */
  get exiting(): AbortSignal {
    return this.#exiting.signal;
  }

  /**
   * Adds a service; after `start` it begins at once.
   *
   * @throws {Error} when the name is taken, when it would need itself, when a supervisor that has
   * started knows no service that it needs, and when a shutdown has begun.
   */
  register(service: Service<E>): void {
    const { name } = service;
    if (this.#shutdown) {
      throw refusal(name, "the process is shutting down");
    }
    if (this.#services.has(name)) {
      throw refusal(name, "there is one of that name; give it another");
    }
    const cycle = findCycle(service, this.#services);
    if (cycle) {
      const way = cycle.map((step) => `"${step}"`).join(" needs ");
      throw refusal(name, `it would need itself (${way}); take one away`);
    }
    if (this.#started) this.#refuseMissing(service);
    const supervised = new SupervisedService(service, {
      bus: this.bus,
      clock: this.#clock,
      random: this.#random,
      emit: (event) => this.#emit(event),
      endProcess: (end) => {
        this.#ending = true;
        this.#end.resolve(end);
      },
    });
    this.#services.set(name, supervised);
    if (this.#started && !this.#ending) supervised.start();
  }

  /**
   * Has `handler` called once when the services have ended or were given up, after those that are
   * registered later. `name` is for the log; its signal aborts at its deadline, when it is left alone.
   *
   * @throws {Error} when the exit handlers have run.
   */
  onExit(
    name: string,
    handler: ExitHandler,
    options: ExitHandlerOptions = {},
  ): void {
    this.#exitHandlers.add(name, { ...options, handler });
  }

  /**
   * Begins all services, in order of registration, without waiting for any.
   *
   * @throws {Error} when it has started or was shut down, and when a service needs an unknown one.
   */
  start(): void {
    if (this.#started || this.#shutdown) {
      throw new Error(
        "cannot start the services: they have been started or shut down already; make another supervisor",
      );
    }
    const services = [...this.#services.values()];
    for (const service of services) this.#refuseMissing(service);
    this.#started = true;
    for (const service of services) service.start();
  }

  /**
   * Resolves when the process is to end, with the first reason for it. Services run on until
   * `shutdown`. Never rejects; without a reason it waits on, even when all services are done.
   */
  wait(): Promise<ProcessEnd> {
    return this.#end.promise;
  }

  /**
   * Stops all services, then runs the exit handlers. Called again it is the same shutdown: one that
   * is not graceful or has an earlier deadline hastens it. Never rejects.
   */
  shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    if (this.#shutdown) {
      this.#shutdown.hasten(options);
      return this.#shutdown.done;
    }
    const shutdown = new Shutdown({
      clock: this.#clock,
      services: [...this.#services.values()],
      exitHandlers: this.#exitHandlers,
      exiting: this.#exiting,
      emit: (event) => this.#emit(event),
    });
    this.#shutdown = shutdown;
    void shutdown.done.then((report) =>
      this.#end.resolve({ reason: "shutdown", report })
    );
    shutdown.begin(options);
    return shutdown.done;
  }

  /** How each service is, in order of registration. */
  services(): ServiceStatus[] {
    return [...this.#services.values()].map(({ status }) => status);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  #refuseMissing(service: { name: string; needs?: readonly string[] }): void {
    const [missing] = findMissing(service, this.#services);
    if (missing === undefined) return;
    throw refusal(
      service.name,
      `it needs "${missing}", which is not registered; register that first`,
    );
  }

  #emit(event: SupervisorEvent): void {
    try {
      this.#onEvent(event);
    } catch {
      // It is the log: when it fails there is nobody to tell, and the services must go on.
    }
  }
}

function refusal(name: string, why: string): Error {
  return new Error(`cannot register the service "${name}": ${why}`);
}
