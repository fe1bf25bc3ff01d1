import { WorkerError } from "../api/errors.ts";
import type { JobSettings } from "../jobs/job_supervisor_options.ts";

/** What a job host says of itself: the answer of `GET /v1/host`. */
export interface HostInfo {
  pid: number;
  version: string;
  /** The program it runs, see `ownBuild`. */
  build: string;
  /**
   * The jobs that it keeps to itself when it was replaced: it takes no new ones. Null when it has
   * all but those of its predecessors.
   */
  own: string[] | null;
  jobs: { live: number; pending: number };
  /** Sockets of job hosts that were replaced and still have jobs. */
  retiredSockets: string[];
}

/** The answer of `POST /v1/host/retire`. */
export interface Retirement {
  /** `ended`: it was idle. `draining`: it finishes what it has, and takes nothing new. */
  state: "ended" | "draining";
}

/** What a daemon wants of the job host that it attaches to; what is left out stays as it is. */
export type HostSettings = { [Name in keyof JobSettings]?: JobSettings[Name] };

const NUMBERS = [
  "outputCap",
  "maxAge",
  "maxJobs",
  "outputTotal",
  "reserve",
  "shutdownGrace",
] as const satisfies (keyof JobSettings)[];

/** The settings as JSON, which has no infinity. */
export function settingsToWire(settings: HostSettings): unknown {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      value === Infinity ? "unlimited" : value,
    ]),
  );
}

/**
 * Reads what {@linkcode settingsToWire} wrote. What another version of the daemon adds is left out.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT`
 */
export function settingsOfWire(json: unknown): HostSettings {
  const settings: HostSettings = {};
  const given = json as Record<string, unknown> | null;
  for (const name of NUMBERS) {
    const value = given?.[name];
    if (value === undefined) continue;
    if (value === "unlimited") settings[name] = Infinity;
    else if (value === null && name === "reserve") settings[name] = null;
    else if (typeof value === "number" && value >= 0) settings[name] = value;
    else {
      throw new WorkerError(
        "INVALID_ARGUMENT",
        `cannot attach with ${name} ${
          JSON.stringify(value)
        }: it is a number of 0 and more, or "unlimited"`,
      );
    }
  }
  if (given?.node !== undefined) settings.node = nameIn(given.node);
  return settings;
}

function nameIn(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `cannot attach with node ${JSON.stringify(value)}: it is a name`,
  );
}
