import { getLogger } from "@logtape/logtape";
import { UnixDatagram } from "../linux/unix_datagram.ts";
import { monotonicMicroseconds } from "../linux/monotonic_clock.ts";
import { type InheritedSocket, inheritedSockets } from "./inherited_sockets.ts";

const logger = getLogger(["worker", "daemon"]);

/** All that a service manager tells by the environment; nobody below this process is meant. */
const VARIABLES = [
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "LISTEN_FDS",
  "LISTEN_PID",
  "LISTEN_FDNAMES",
] as const;

/** A status is one line, for people who look at `systemctl status`. */
const MAX_STATUS = 200;

/** A message to the service manager: assignments, see sd_notify(3). */
type Message = Readonly<Record<string, string | number | bigint>>;

/**
 * The service manager that started this process, in practice systemd: it is told how the service is
 * (sd_notify(3)) and hands over sockets. Without one every method does nothing. What it is told can
 * be lost, which is logged: no message is worth the server.
 */
export class ServiceManager implements Disposable {
  readonly #socketName: string | null;
  readonly #watchdogMicroseconds: number;
  readonly #sockets: SocketVariables;
  #socket: UnixDatagram | null = null;

  private constructor(variables: Variables) {
    this.#socketName = variables.NOTIFY_SOCKET || null;
    this.#watchdogMicroseconds = this.#socketName === null
      ? 0
      : watchdogOf(variables);
    this.#sockets = {
      pid: variables.LISTEN_PID,
      count: variables.LISTEN_FDS,
      names: variables.LISTEN_FDNAMES,
    };
  }

  /**
   * Reads what the environment says of the service manager, and removes it from there: what this
   * process starts must neither speak for it nor take its sockets. Call it once, before anything is
   * started.
   */
  static fromEnvironment(): ServiceManager {
    const variables: Variables = {};
    for (const name of VARIABLES) {
      const value = Deno.env.get(name);
      if (value === undefined) continue;
      variables[name] = value;
      Deno.env.delete(name);
    }
    return new ServiceManager(variables);
  }

  /** Whether somebody is told. */
  get present(): boolean {
    return this.#socketName !== null;
  }

  /** How often the service manager wants to hear of this process, in ms; null without a watchdog. */
  get watchdogMs(): number | null {
    return this.#watchdogMicroseconds > 0
      ? this.#watchdogMicroseconds / 1000
      : null;
  }

  /**
   * Variables for a process that takes this one's place; set them only for that one. They name no
   * process and no socket: those it gets in another way.
   */
  get environment(): Record<string, string> {
    if (this.#socketName === null) return {};
    return {
      NOTIFY_SOCKET: this.#socketName,
      ...this.#watchdogMicroseconds > 0
        ? { WATCHDOG_USEC: String(this.#watchdogMicroseconds) }
        : {},
    };
  }

  /** The service is up, or has finished to reload. `status` is a line for people. */
  ready(status?: string): void {
    this.#tell({ READY: 1, ...status ? { STATUS: line(status) } : {} });
  }

  /** The service reads its configuration again; {@linkcode ready} ends that. */
  reloading(): void {
    this.#tell({ RELOADING: 1, MONOTONIC_USEC: monotonicMicroseconds() });
  }

  /** The service shuts down. */
  stopping(): void {
    this.#tell({ STOPPING: 1 });
  }

  /** What the service does now: one line for people. */
  status(text: string): void {
    this.#tell({ STATUS: line(text) });
  }

  /** Another process is the service's main process from now on. */
  mainPid(pid: number): void {
    this.#tell({ MAINPID: pid });
  }

  /** Starting, reloading or stopping takes this much longer, counted from now. */
  extendTimeout(ms: number): void {
    this.#tell({ EXTEND_TIMEOUT_USEC: Math.ceil(ms * 1000) });
  }

  /**
   * Tells the watchdog twice in each of its intervals that this process goes on, for as long as
   * `healthy` says so; it is also the event loop's watchdog, because it is told from a timer. Dispose
   * it to stop, which a watchdog that runs takes for a hang.
   */
  watchdog(healthy: () => boolean): Disposable {
    const every = this.watchdogMs;
    if (every === null) return { [Symbol.dispose]() {} };
    let well = true;
    const feed = () => {
      const before = well;
      well = healthy();
      if (well) this.#tell({ WATCHDOG: 1 }, { wait: false });
      if (before && !well) {
        logger
          .error`not healthy: the service manager's watchdog is not fed, and ends this process in ${every} ms unless it recovers`;
      }
    };
    feed();
    const timer = setInterval(feed, every / 2);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /**
   * The sockets that this process was started with; see {@linkcode inheritedSockets}.
   *
   * @throws {WorkerError} `INVALID_ARGUMENT` when what was said of them is nonsense.
   */
  inheritedSockets(): InheritedSocket[] {
    return inheritedSockets(this.#sockets);
  }

  [Symbol.dispose](): void {
    this.#socket?.[Symbol.dispose]();
    this.#socket = null;
  }

  #tell(message: Message, options: { wait?: boolean } = {}): void {
    if (this.#socketName === null) return;
    const text = Object.entries(message)
      .map(([key, value]) => `${key}=${value}\n`).join("");
    try {
      this.#socket ??= UnixDatagram.connect(this.#socketName);
      this.#socket.send(new TextEncoder().encode(text), options);
    } catch (error) {
      // A service manager that was replaced listens again at the same name.
      this[Symbol.dispose]();
      logger
        .warn`cannot tell the service manager at "${this.#socketName}": ${error}`;
    }
  }
}

type Variables = { [name in typeof VARIABLES[number]]?: string };
type SocketVariables = Parameters<typeof inheritedSockets>[0];

/** Microseconds, 0 without a watchdog or with another process's. */
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: Variables): number {
  if (WATCHDOG_USEC === undefined) return 0;
  if (WATCHDOG_PID && WATCHDOG_PID !== String(Deno.pid)) return 0;
  if (!/^[1-9]\d{0,14}$/.test(WATCHDOG_USEC)) {
    logger
      .warn`the watchdog is not fed: WATCHDOG_USEC "${WATCHDOG_USEC}" is not a number of microseconds`;
    return 0;
  }
  return Number(WATCHDOG_USEC);
}

function line(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, MAX_STATUS);
}
