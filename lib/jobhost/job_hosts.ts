import { getLogger } from "@logtape/logtape";
import { WorkerError } from "../api/errors.ts";
import { delay } from "../client/delay.ts";
import { ownBuild } from "./build.ts";
import type { HostSettings } from "./host_api.ts";
import { HostLink } from "./host_link.ts";
import { hostPaths } from "./host_paths.ts";
import { feelPulse, type PulseTimes } from "./host_pulse.ts";
import { HostStarter } from "./host_starter.ts";
import { HostUnreachableError } from "./host_transport.ts";

const logger = getLogger(["worker", "daemon"]);

/** Between two looks whether a job host answers by now. */
const LOOK_MS = 20;

/** After an attempt that failed for a reason that waiting seldom cures. */
const PAUSE_MS = 5_000;

/** Options of {@linkcode JobHosts}. */
export interface JobHostsOptions {
  stateDir: string;
  /** What the job host is to be told. */
  settings: HostSettings;
  /**
   * Starts one; resolves with its exit code when it has ended. Null when that is another process's
   * business.
   */
  launch: (() => Promise<number>) | null;
  /** How long a call waits for a job host, ms. @default {30_000} */
  patience?: number;
  /** The build that this process is of. @default {ownBuild()} */
  build?: string;
  /** How often it is looked whether the job host still answers. */
  pulse?: PulseTimes;
}

/**
 * Keeps a daemon attached: to the job host that takes new jobs, which it starts when there is none,
 * and to those that were replaced and still have jobs. When one dies, the next one is started.
 */
export class JobHosts implements AsyncDisposable {
  readonly #options: JobHostsOptions;
  readonly #socket: string;
  #settings: HostSettings;
  readonly #starter: HostStarter | null;
  readonly #closing = new AbortController();
  readonly #retired = new Map<string, HostLink>();
  #attached = Promise.withResolvers<HostLink>();
  #current: HostLink | null = null;
  #mayReplace = true;
  #standsBack = false;
  #keeping: Promise<void> = Promise.resolve();
  /** Under way while it is not known yet who has jobs beside the current one. */
  #attachingRetired: Promise<void> = Promise.resolve();

  private constructor(options: JobHostsOptions) {
    this.#options = options;
    const { stateDir, settings, launch } = options;
    this.#settings = settings;
    this.#socket = hostPaths(stateDir).socket;
    this.#starter = launch && new HostStarter({ stateDir, launch });
  }

  /**
   * Attaches to the job host of a state directory, or starts it.
   *
   * @throws {WorkerError} `UNAVAILABLE` when it can't be had.
   */
  static async open(options: JobHostsOptions): Promise<JobHosts> {
    const hosts = JobHosts.begin(options);
    try {
      await hosts.current();
    } catch (error) {
      await hosts[Symbol.asyncDispose]();
      throw error;
    }
    return hosts;
  }

  /** Begins to do so, and waits for nothing. */
  static begin(options: JobHostsOptions): JobHosts {
    const hosts = new JobHosts(options);
    hosts.#keeping = hosts.#keep();
    return hosts;
  }

  /** The one that takes new jobs; waits while it is being replaced. @throws {WorkerError} `UNAVAILABLE` */
  async current({ signal }: { signal?: AbortSignal } = {}): Promise<HostLink> {
    if (this.#current?.lost) this.#forget();
    if (this.#current !== null) return this.#current;
    const { patience = 30_000 } = this.#options;
    const late = AbortSignal.timeout(patience);
    const signals = [this.#closing.signal, late, ...signal ? [signal] : []];
    const given = AbortSignal.any(signals);
    const waiting = Promise.withResolvers<never>();
    const giveUp = () => waiting.reject(given.reason);
    given.addEventListener("abort", giveUp);
    if (given.aborted) giveUp();
    try {
      return await Promise.race([this.#attached.promise, waiting.promise]);
    } catch (error) {
      if (error !== late.reason) throw error;
      throw new WorkerError(
        "UNAVAILABLE",
        `there is no job host, and none could be started within ${patience} ms: see "${
          hostPaths(this.#options.stateDir).log
        }"`,
      );
    } finally {
      given.removeEventListener("abort", giveUp);
    }
  }

  /** Whether the one that takes new jobs is there and answers. */
  get up(): boolean {
    const link = this.#current;
    return link !== null && !link.lost && !link.silent;
  }

  /** Why calls would fail now; null when they are answered, or wait for a job host that starts. */
  get problem(): string | null {
    const link = this.#current;
    return link?.silent ? `job host ${link.info.pid} does not answer` : null;
  }

  /** Tells the job host, and each that comes after it, other settings. */
  async configure(settings: HostSettings): Promise<void> {
    this.#settings = settings;
    await this.current();
    // Whoever attaches last says how it is to be; the link that was there goes on.
    await using _ = await HostLink.attach(this.#socket, settings);
  }

  /**
   * Starts no job host until what this gives is disposed: another daemon is about to take over, and
   * it is to be one of that one's build.
   */
  standBack(): Disposable {
    this.#standsBack = true;
    return { [Symbol.dispose]: () => void (this.#standsBack = false) };
  }

  /** Nobody is to be given the one that is gone: whoever asks waits for the next. */
  #forget(): void {
    this.#current = null;
    this.#attached = Promise.withResolvers();
  }

  /** Those that were replaced and still have jobs. */
  get retired(): HostLink[] {
    return [...this.#retired.values()].filter(({ lost }) => !lost);
  }

  /** The same, once all of them are known or `within` ms are over: one that hangs may never answer. */
  async allRetired({ within }: { within: number }): Promise<HostLink[]> {
    await this.current();
    const over = new AbortController();
    await Promise.race([
      this.#attachingRetired.finally(() => over.abort()),
      delay(within, over.signal).catch(() => {}),
    ]);
    return this.retired;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let link: HostLink;
      try {
        link = await this.#attach();
      } catch (error) {
        if (signal.aborted) return;
        logger.error`no job host: ${(error as Error).message}`;
        await delay(PAUSE_MS, signal).catch(() => {});
        continue;
      }
      // Nobody would let go of it any more.
      if (signal.aborted) return await link[Symbol.asyncDispose]();
      this.#starter?.succeeded();
      this.#mayReplace = false;
      this.#current = link;
      this.#attachingRetired = this.#attachRetired(link.info.retiredSockets);
      this.#attached.resolve(link);
      logger.info`attached to job host ${link.info.pid}`;
      await this.#attachingRetired;
      const gone = new AbortController();
      const over = AbortSignal.any([signal, gone.signal]);
      const pulse = feelPulse(link, over, this.#options.pulse);
      await link.gone;
      gone.abort();
      await pulse;
      if (this.#current === link) this.#forget();
      await link[Symbol.asyncDispose]();
      if (!signal.aborted) {
        logger.warn`job host ${link.info.pid} is gone`;
      }
    }
  }

  async #attachRetired(sockets: readonly string[]): Promise<void> {
    for (const socket of sockets) {
      if (this.#retired.get(socket)?.lost === false) continue;
      try {
        const { signal } = this.#closing;
        const link = await HostLink.attach(socket, {}, { signal });
        if (signal.aborted) {
          return await link[Symbol.asyncDispose]();
        }
        this.#retired.set(socket, link);
        link.gone.then(() => {
          this.#retired.delete(socket);
          return link[Symbol.asyncDispose]();
        });
      } catch (error) {
        // It ended in this moment, and its successor has its jobs.
        if (!(error instanceof HostUnreachableError)) throw error;
      }
    }
  }

  /** Attaches to a job host of our own build, started when it is missing. */
  async #attach(): Promise<HostLink> {
    for (;;) {
      this.#closing.signal.throwIfAborted();
      const link = await this.#tryAttach();
      if (link !== null && !await this.#replace(link)) return link;
      if (!this.#standsBack) this.#starter?.look();
      await delay(LOOK_MS, this.#closing.signal);
    }
  }

  /** Null when nobody answers, or only one that waits for its successor to take the socket over. */
  async #tryAttach(): Promise<HostLink | null> {
    try {
      const { signal } = this.#closing;
      const link = await HostLink.attach(this.#socket, this.#settings, {
        signal,
      });
      if (link.info.own === null) return link;
      await link[Symbol.asyncDispose]();
      return null;
    } catch (error) {
      if (error instanceof HostUnreachableError) return null;
      throw error;
    }
  }

  /**
   * Retires a job host of another build, once, and only when the daemon starts: what comes later was
   * started by this one, or by a daemon that is newer.
   */
  async #replace(link: HostLink): Promise<boolean> {
    const { build = ownBuild() } = this.#options;
    if (!this.#mayReplace || link.info.build === build) return false;
    this.#mayReplace = false;
    const { state } = await link.retire();
    logger.info`job host ${link.info.pid} of build ${link.info.build}: ${
      state === "ended"
        ? "it was idle, and is replaced"
        : "it finishes its jobs beside a new one"
    }`;
    if (state === "ended") await link.gone;
    await link[Symbol.asyncDispose]();
    return true;
  }

  /** Lets go of them; they go on. Calls that are under way fail with `UNAVAILABLE`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(
      new WorkerError("UNAVAILABLE", "the server is shutting down"),
    );
    await this.#current?.[Symbol.asyncDispose]();
    await Promise.all(
      this.#retired.values().map((link) => link[Symbol.asyncDispose]()),
    );
    await this.#keeping;
  }
}
