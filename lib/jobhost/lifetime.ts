/** What a {@linkcode Lifetime} looks at. */
export interface LifetimeOptions {
  /** Whether there is a job that runs or waits. */
  busy(): boolean;
  /** How long nothing may be there, ms. @default {10_000} */
  patience?: number;
  /** Milliseconds of a clock that never goes back. @default {performance.now} */
  now?: () => number;
}

/**
 * How long a job host lives: until it is told to end, or until it has had neither a job to look
 * after nor a daemon that is attached for a while.
 */
export class Lifetime {
  readonly #busy: () => boolean;
  readonly #patience: number;
  readonly #now: () => number;
  readonly #over = Promise.withResolvers<string>();
  #daemons = 0;
  #idleSince: number;
  #retired = false;

  constructor(options: LifetimeOptions) {
    this.#busy = options.busy;
    this.#patience = options.patience ?? 10_000;
    this.#now = options.now ?? (() => performance.now());
    this.#idleSince = this.#now();
  }

  /** Resolves with the reason when it is time to end. */
  get over(): Promise<string> {
    return this.#over.promise;
  }

  /** Ends it. */
  end(reason: string): void {
    this.#over.resolve(reason);
  }

  /** From now on it ends with its last job, whoever is attached. */
  retire(): void {
    this.#retired = true;
  }

  /** Notes a daemon; it stays until what this gives is disposed. */
  attach(): Disposable {
    this.#daemons++;
    let attached = true;
    return {
      [Symbol.dispose]: () => {
        if (!attached) return;
        attached = false;
        if (--this.#daemons === 0) this.#idleSince = this.#now();
      },
    };
  }

  /** Looks again; to be called from time to time. */
  look(): void {
    if (this.#retired) {
      if (!this.#busy()) this.end("its last job has ended");
      return;
    }
    if (this.#daemons > 0 || this.#busy()) {
      this.#idleSince = this.#now();
    } else if (this.#now() - this.#idleSince >= this.#patience) {
      this.end("there is neither a job nor a daemon");
    }
  }
}
