import { type ProcessStat, readEnvironment, snapshot } from "./proc.ts";

let latest: HostProcesses | null = null;

/** Every process of the host, as one look at `/proc` found them. */
export class HostProcesses {
  /** By pid. */
  readonly all: ReadonlyMap<number, ProcessStat> = snapshot();
  readonly #environments = new Map<number, string>();

  /**
   * Looks. Whoever asks in the same turn of the event loop shares one look: a process that adopts
   * hundreds of jobs asks once for each, and a look takes tens of milliseconds.
   */
  static look(): HostProcesses {
    if (latest === null) {
      latest = new HostProcesses();
      queueMicrotask(() => latest = null);
    }
    return latest;
  }

  /** True when the process was started with this variable. */
  hasEnvironment(pid: number, name: string, value: string): boolean {
    let environment = this.#environments.get(pid);
    if (environment === undefined) {
      environment = readEnvironment(pid);
      this.#environments.set(pid, environment);
    }
    return environment.includes(`\0${name}=${value}\0`);
  }
}
