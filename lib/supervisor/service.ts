import type { EventBus } from "./event_bus.ts";
import type { RestartPolicy } from "./restart_policy.ts";

/** What a service returns when it has done what it was for and must not run again. */
export const DO_NOT_RESTART: unique symbol = Symbol("do not restart");

/** What a service returns when the whole process is to end, without a failure. */
export const END_PROCESS: unique symbol = Symbol("end the process");

/** What a service may return instead of nothing. */
export type Outcome = typeof DO_NOT_RESTART | typeof END_PROCESS;

/**
 * A named task of the process. `run` is brief, or lasts until its signal aborts; it settles only
 * when nothing of the service is left, because services that this one needs are stopped next.
 */
export interface Service<E extends object = object> {
  /** Unique within a supervisor; people read it in logs and in `/readyz`. */
  name: string;
  /** Its failure ends the process; it is never started again. @default {false} */
  critical?: boolean;
  /**
   * Names of services that this one uses. At shutdown they are asked to stop only after this one
   * has ended. It says nothing about the start: there a service waits for the events that it needs.
   */
  needs?: readonly string[];
  /**
   * It is meant to run as long as the process: returning nothing before it was asked to stop is a
   * failure. @default {false}
   */
  endless?: boolean;
  /** When it is started again after a failure; what is left out keeps its default. */
  restart?: Partial<RestartPolicy>;
  /**
   * Does the work. Returning is its end (`done`), throwing a failure. Throwing an `AbortError` or
   * the signal's reason after the signal aborted is a clean stop.
   */
  run(signal: AbortSignal, bus: EventBus<E>): Promise<void | Outcome>;
}
