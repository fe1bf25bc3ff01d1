import { WorkerError } from "../api/errors.ts";
import type { JobStatistics } from "../api/job_statistics.ts";
import {
  type HostInfo,
  type HostSettings,
  type Retirement,
  settingsOfWire,
} from "./host_api.ts";
import type { Route } from "./host_handler.ts";

/** What the routes below `/v1/host` do. */
export interface HostServices {
  info(): HostInfo;
  /** Takes a daemon's settings over; it is attached until what this gives is disposed. */
  attach(settings: HostSettings): Disposable;
  retire(): Promise<Retirement>;
  /** What it has counted, and the jobs that it has. */
  statistics(): JobStatistics;
  /** Lets a new job in, or throws; it counts as one until what this gives is disposed. */
  admit(): Disposable;
  /** Whether a job belongs to a predecessor that is still there. */
  isElsewhere(id: string): boolean;
  /** Takes the jobs of predecessors that have ended since. */
  takeOver(): void;
}

/** Routes about the job host itself. */
export function hostRoutes(host: HostServices): Route[] {
  return [
    ["GET", /^\/v1\/host$/, (exchange) => exchange.answer(host.info())],
    [
      "GET",
      /^\/v1\/host\/statistics$/,
      (exchange) => exchange.answer(host.statistics()),
    ],
    // Stays open for as long as the daemon does: its end tells each that the other is gone.
    ["POST", /^\/v1\/host\/attach$/, async (exchange) => {
      using _ = host.attach(readSettings(await exchange.json()));
      await exchange.stream(infoThenNothing(host, exchange.closed));
    }],
    [
      "POST",
      /^\/v1\/host\/retire$/,
      async (exchange) => exchange.answer(await host.retire()),
    ],
  ];
}

async function* infoThenNothing(
  host: HostServices,
  closed: AbortSignal,
): AsyncIterable<HostInfo> {
  yield host.info();
  if (closed.aborted) return;
  await new Promise((resolve) => closed.addEventListener("abort", resolve));
}

function readSettings(json: unknown): HostSettings {
  try {
    return settingsOfWire(json);
  } catch (cause) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `cannot attach with these settings: ${(cause as Error).message}`,
      { cause },
    );
  }
}
