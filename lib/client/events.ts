import type { AuditEvent, AuditResult } from "../api/audit_event.ts";
import { refusal } from "./answer.ts";
import { connectionError } from "./connection_error.ts";
import { delay } from "./delay.ts";
import { readJsonLines } from "./lines.ts";
import { Patience, type PatienceOptions } from "./patience.ts";
import { queryOf } from "./paths.ts";
import type { Transport } from "./transport.ts";

/** Which events to read. */
export interface EventsQuery {
  /** An RFC 3339 time, or a duration before now. */
  since?: string;
  /** Only the newest so many of those that are there. */
  limit?: number;
  actor?: string;
  action?: string;
  result?: AuditResult;
}

/** How {@linkcode followEvents} follows. */
export interface FollowEventsOptions {
  /** Told before each wait that precedes an attempt to reconnect. */
  retrying?(error: unknown): void;
  patience?: PatienceOptions;
  signal?: AbortSignal;
}

/** So much of what was read before a cut is read once more: two processes may write, and clocks jump. */
const OVERLAP_MS = 10_000;

/** A connection that lasted so long was a good one. */
const STEADY_MS = 5_000;

/** The events of a server's audit log, oldest first. @throws {WorkerError} */
export async function* readEvents(
  transport: Transport,
  query: EventsQuery = {},
  { signal }: { signal?: AbortSignal } = {},
): AsyncGenerator<AuditEvent> {
  const { body } = await open(transport, { query, signal });
  try {
    yield* readJsonLines<AuditEvent>(body, { ...(signal && { signal }) });
  } catch (error) {
    throw connectionError(error, transport.address);
  }
}

/**
 * The same, and what comes, each event once whatever becomes of the connection. The first request is
 * not repeated: that nobody answers is something the user wants to know at once.
 *
 * @throws {WorkerError} a refusal, or the connection's error after a minute without success.
 */
export async function* followEvents(
  transport: Transport,
  query: EventsQuery = {},
  { retrying, patience: patient, signal }: FollowEventsOptions = {},
): AsyncGenerator<AuditEvent> {
  const patience = new Patience(patient);
  const seen = new SeenEvents();
  let response = await open(transport, { query, signal, follow: true });
  // By the server's own clock. What came while nothing was read yet is not missed either.
  seen.reached(Date.parse(response.headers.get("date") ?? ""));
  while (!signal?.aborted) {
    const opened = performance.now();
    let failure: unknown = new Error("connection closed");
    try {
      const events = readJsonLines<AuditEvent>(response.body, {
        ...(signal && { signal }),
      });
      for await (const event of events) {
        patience.succeeded();
        if (seen.add(event)) yield event;
      }
    } catch (error) {
      failure = error;
    }
    // A quiet log sends nothing: that the connection has lasted is success too.
    if (performance.now() - opened > STEADY_MS) patience.succeeded();
    failure = connectionError(failure, transport.address);
    while (!signal?.aborted) {
      const wait = patience.failed(failure);
      retrying?.(failure);
      try {
        await delay(wait, signal);
        const resumed = seen.resume(query);
        response = await open(transport, {
          query: resumed,
          signal,
          follow: true,
        });
        break;
      } catch (error) {
        failure = error;
      }
    }
  }
}

/** Which events were handed out lately, so that reading may begin a little earlier. */
class SeenEvents {
  readonly #times = new Map<string, number>();
  #first: string | null = null;
  #reached = NaN;

  /** The time until which nothing is missing. */
  reached(time: number): void {
    this.#reached = time;
  }

  /** False when it was seen, or is older than what was asked for. */
  add({ id, time }: AuditEvent): boolean {
    this.#first ??= id;
    if (id < this.#first || this.#times.has(id)) return false;
    const at = Date.parse(time);
    this.#times.set(id, at);
    // Never NaN from here on.
    this.#reached = this.#reached > at ? this.#reached : at;
    // In order of their coming, which is nearly that of their times.
    for (const [old, when] of this.#times) {
      if (when >= this.#reached - 2 * OVERLAP_MS) break;
      this.#times.delete(old);
    }
    return true;
  }

  /** The query that goes on. */
  resume({ limit, ...query }: EventsQuery): EventsQuery {
    if (Number.isNaN(this.#reached)) {
      return { ...query, ...(limit !== undefined && { limit }) };
    }
    const since = new Date(this.#reached - OVERLAP_MS).toISOString();
    return { ...query, since };
  }
}

async function open(
  transport: Transport,
  { query, follow, signal }: {
    query: EventsQuery;
    follow?: boolean;
    signal: AbortSignal | undefined;
  },
): Promise<Response> {
  const path = "/v1/events" + queryOf({ ...query, follow });
  const response = await transport.fetch(path, { ...(signal && { signal }) });
  if (!response.ok) throw await refusal(response, transport.address);
  return response;
}
