/**
 * What a process consists of, as services that run side by side. The protocol of this folder:
 *
 * - A service runs until it returns (`done`), throws, or is asked to stop by its signal; it settles
 *   only when nothing of it is left.
 * - One that throws runs again after a pause (`restarting`), until it failed too often (`failed`).
 *   When a critical one throws, `wait` resolves: its owner shuts down and exits with a failure.
 * - Services begin together, in order of registration, and wait on the bus for what they need; the
 *   bus keeps the latest event of each name, so nobody comes too late.
 * - At shutdown a service is asked to stop (`stopping`) when all that need it have ended. At the
 *   deadline those that have not are named and given up, and `exiting` aborts.
 * - Then the exit handlers run, once, the last registered first, each with a deadline.
 */
export { aborted } from "./aborted.ts";
export { type Clock, SYSTEM_CLOCK } from "../clock.ts";
export { EventBus, type EventBusOptions, type EventMap } from "./event_bus.ts";
export type { EventMapping } from "./event_mapping.ts";
export type { BusEvent, EventSubscription } from "./event_subscription.ts";
export type { ExitHandler, ExitHandlerOptions } from "./exit_handlers.ts";
export { logSupervisorEvent } from "./log_supervisor_event.ts";
export type { ProcessEnd } from "./process_end.ts";
export {
  DEFAULT_RESTART_POLICY,
  type RestartPolicy,
} from "./restart_policy.ts";
export {
  DO_NOT_RESTART,
  END_PROCESS,
  type Outcome,
  type Service,
} from "./service.ts";
export {
  ServiceSupervisor,
  type ServiceSupervisorOptions,
} from "./service_supervisor.ts";
export type { ShutdownOptions } from "./shutdown.ts";
export type {
  FailedExitHandler,
  HungService,
  ShutdownReport,
} from "./shutdown_report.ts";
export type {
  SupervisorEvent,
  SupervisorEventListener,
} from "./supervisor_event.ts";
