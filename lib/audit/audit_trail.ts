import type { AuditDraft, AuditFilter } from "../api/audit_event.ts";

/** Where events are reported. */
export interface AuditSink {
  /** Notes an event. On disk, as far as a crash of this process goes, when it returns. Never throws. */
  record(event: AuditDraft): void;
}

/** What to read of the log. */
export interface ReadOptions extends AuditFilter {
  /** Only the newest so many of those that are there. @default {Infinity} */
  limit?: number;
  /** Goes on with what comes, until `signal` or the end of the log. @default {false} */
  follow?: boolean;
  /** Ends it. */
  signal?: AbortSignal;
}

/** The log as the API has it. */
export interface AuditTrail extends AuditSink {
  /** The events that match, oldest first, as lines of JSON with their newlines, some at a time. */
  read(options?: ReadOptions): AsyncIterable<string>;
  /** Events that were recorded since the start, those that were only counted too. */
  readonly recorded: number;
  /** Events that could not be kept since the start. */
  readonly lost: number;
}
