import type { EventMapping } from "./event_mapping.ts";
import { logSupervisorEvent } from "./log_supervisor_event.ts";
import { type BusEvent, EventSubscription } from "./event_subscription.ts";

/** Names of events with what each carries; an interface will do. */
export type EventMap = object;

export interface EventBusOptions {
  /** Hears of a mapping to `event` whose `payload` threw; must not throw. @default writes it to the log */
  onError?: (error: unknown, event: string) => void;
}

/**
 * Tells services what has happened to others. Of every name the latest event is kept, so who comes
 * late asks no differently than who was there: a service waits for what it needs in any order.
 */
export class EventBus<E extends EventMap> {
  /** The latest of each name, in the order of broadcast. */
  readonly #latest = new Map<keyof E, BusEvent<E>>();
  readonly #listeners = new Map<keyof E, Set<(event: BusEvent<E>) => void>>();
  readonly #onError: (error: unknown, event: string) => void;

  constructor({ onError = logFailedMapping }: EventBusOptions = {}) {
    this.#onError = onError;
  }

  /** Tells everybody who waits for `name` or has subscribed to it. Never throws. */
  broadcast<K extends keyof E>(name: K, payload: E[K]): void {
    const event: BusEvent<E> = { name, payload };
    this.#latest.delete(name);
    this.#latest.set(name, event);
    for (const listener of this.#listeners.get(name) ?? []) {
      listener(event);
    }
  }

  /** What the latest event of `name` carried; undefined when there was none. */
  latest<K extends keyof E>(name: K): E[K] | undefined {
    return this.#latest.get(name)?.payload as E[K] | undefined;
  }

  /**
   * What the latest event of `name` carried, at once when there was one, else the next.
   *
   * @throws the signal's reason when it aborts first, or has aborted already.
   */
  waitFor<K extends keyof E>(
    name: K,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<E[K]> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const seen = this.#latest.get(name);
    if (seen) return Promise.resolve(seen.payload as E[K]);
    return new Promise((resolve, reject) => {
      const forget = this.#listen([name], ({ payload }) => {
        leave();
        resolve(payload as E[K]);
      });
      const abort = () => {
        leave();
        reject(signal!.reason);
      };
      const leave = () => {
        forget();
        signal?.removeEventListener("abort", abort);
      };
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /**
   * Events of these names from now on, after the latest of each that there was. Ends when it is
   * disposed, when its loop is left, or when `signal` aborts (without an error).
   */
  subscribe<K extends keyof E>(
    names: K | readonly K[],
    { signal }: { signal?: AbortSignal } = {},
  ): EventSubscription<E, K> {
    const wanted = new Set([names].flat() as K[]);
    const end = () => subscription[Symbol.dispose]();
    const subscription = new EventSubscription<E, K>(() => {
      forget();
      signal?.removeEventListener("abort", end);
    });
    const push = (event: BusEvent<E>) =>
      subscription.push(event as BusEvent<E, K>);
    const forget = this.#listen(wanted, push);
    for (const [name, event] of this.#latest) {
      if (wanted.has(name as K)) push(event);
    }
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end, { once: true });
    return subscription;
  }

  /**
   * Broadcasts `out` once, as soon as every name of `in` was seen; what was seen before counts, so
   * that may be now. Disposing it takes it back.
   */
  map<In extends keyof E, Out extends keyof E>(
    mapping: EventMapping<E, In, Out>,
  ): Disposable {
    const missing = new Set(
      mapping.in.filter((name) => !this.#latest.has(name)),
    );
    const forget = this.#listen(new Set(missing), ({ name }) => {
      missing.delete(name as In);
      if (missing.size > 0) return;
      forget();
      this.#emit(mapping);
    });
    if (missing.size === 0) this.#emit(mapping);
    return { [Symbol.dispose]: forget };
  }

  #emit<In extends keyof E, Out extends keyof E>(
    { out, payload }: EventMapping<E, In, Out>,
  ): void {
    let made: E[Out];
    try {
      made = payload ? payload() : {} as E[Out];
    } catch (error) {
      return this.#onError(error, String(out));
    }
    this.broadcast(out, made);
  }

  #listen(
    names: Iterable<keyof E>,
    listener: (event: BusEvent<E>) => void,
  ): () => void {
    const all = [...names];
    for (const name of all) {
      const listeners = this.#listeners.get(name) ?? new Set();
      this.#listeners.set(name, listeners.add(listener));
    }
    return () => {
      for (const name of all) {
        this.#listeners.get(name)?.delete(listener);
      }
    };
  }
}

function logFailedMapping(error: unknown, event: string): void {
  logSupervisorEvent({ type: "mapping_failed", event, error });
}
