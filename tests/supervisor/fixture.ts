import {
  type EventBus,
  type Service,
  ServiceSupervisor,
  type SupervisorEvent,
} from "../../lib/supervisor/mod.ts";
import { aborted } from "../../lib/supervisor/aborted.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { waitFor } from "../helpers/wait_for.ts";

/** Events that services of a test tell each other. */
export interface TestEvents {
  Door: { open: boolean };
  Light: Record<never, never>;
  Ready: { by: string };
}

/** A supervisor whose time a test turns, with all that it told. */
export class Fixture implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly events: SupervisorEvent[] = [];
  readonly supervisor = new ServiceSupervisor<TestEvents>({
    clock: this.clock,
    // The middle of the pause: half jitter makes 3/4 of it.
    random: () => 0.5,
    onEvent: (event) => void this.events.push(event),
  });

  /** Registers these and starts all. */
  start(...services: Service<TestEvents>[]): void {
    for (const service of services) this.supervisor.register(service);
    this.supervisor.start();
  }

  /** Names of services in the order of these events. */
  told(...types: SupervisorEvent["type"][]): string[] {
    return this.events.flatMap((event) =>
      types.includes(event.type) && "service" in event ? [event.service] : []
    );
  }

  /** The state of each service as `name: state`. */
  get states(): string[] {
    return this.supervisor.services().map(({ name, state }) =>
      `${name}: ${state}`
    );
  }

  /** Waits until a service is in that state. */
  async reach(name: string, state: string): Promise<void> {
    await this.until(
      `${name}: ${state}`,
      () => this.states.includes(`${name}: ${state}`),
    );
  }

  /** Waits for what comes without time passing. */
  async until(what: string, look: () => boolean): Promise<void> {
    await waitFor(what, look, { interval: 1 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor.shutdown({ graceful: false, deadlineMs: Infinity });
  }
}

/** A service that runs until it is asked to stop. */
export function steady(
  name: string,
  options: Omit<Partial<Service<TestEvents>>, "name"> = {},
): Service<TestEvents> {
  return { name, run: aborted, ...options };
}

/** A service whose runs end when the test says so, whatever its signal does. */
export class Puppet implements Service<TestEvents> {
  readonly name: string;
  readonly critical?: boolean;
  readonly needs?: readonly string[];
  readonly endless?: boolean;
  readonly restart?: NonNullable<Service["restart"]>;
  /** The signals of its runs. */
  readonly signals: AbortSignal[] = [];
  #run = Promise.withResolvers<Awaited<ReturnType<Service["run"]>>>();

  constructor(
    name: string,
    options: Omit<Partial<Service<TestEvents>>, "name" | "run"> = {},
  ) {
    this.name = name;
    Object.assign(this, options);
  }

  run(signal: AbortSignal, _bus: EventBus<TestEvents>) {
    this.signals.push(signal);
    this.#run = Promise.withResolvers();
    return this.#run.promise;
  }

  end(outcome?: Awaited<ReturnType<Service["run"]>>): void {
    this.#run.resolve(outcome);
  }

  fail(error: unknown = new Error("out of order")): void {
    this.#run.reject(error);
  }
}

/** A generator of numbers in [0, 1) that repeats itself: mulberry32. */
export function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
