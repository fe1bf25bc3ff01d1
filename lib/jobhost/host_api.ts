import { z } from "@hono/zod-openapi";
import type { JobSettings } from "../jobs/job_supervisor_options.ts";

/** What a job host says of itself: the answer of `GET /v1/host`. */
export interface HostInfo {
  pid: number;
  version: string;
  /** The program it runs, see `ownBuild`. */
  build: string;
  /** It takes no new jobs: another one has taken its place. */
  retired: boolean;
  jobs: { live: number; pending: number };
  /** Sockets of job hosts that were replaced and still have jobs. */
  retiredSockets: string[];
}

/** The answer of `POST /v1/host/retire`. */
export interface Retirement {
  /** `ended`: it was idle. `draining`: it finishes what it has, and takes nothing new. */
  state: "ended" | "draining";
}

/** JSON has no infinity. */
const Amount = z.union([z.number().nonnegative(), z.literal("unlimited")]);

const WireSettings = z.strictObject({
  outputCap: Amount,
  maxAge: Amount,
  maxJobs: Amount,
  outputTotal: Amount,
  reserve: Amount.nullable(),
  shutdownGrace: Amount,
}).partial();

/** What a daemon wants of the job host that it attaches to; what is left out stays as it is. */
export type HostSettings = { [Name in keyof JobSettings]?: JobSettings[Name] };

/** The settings as JSON. */
export function settingsToWire(settings: HostSettings): unknown {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      value === Infinity ? "unlimited" : value,
    ]),
  );
}

/** Reads what {@linkcode settingsToWire} wrote. @throws {z.ZodError} */
export function settingsOfWire(json: unknown): HostSettings {
  return Object.fromEntries(
    Object.entries(WireSettings.parse(json)).map(([name, value]) => [
      name,
      value === "unlimited" ? Infinity : value,
    ]),
  );
}
