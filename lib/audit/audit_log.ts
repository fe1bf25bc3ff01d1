import { getLogger } from "@logtape/logtape";
import { monotonicFactory } from "ulid";
import type { AuditDraft } from "../api/audit_event.ts";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { auditRecord } from "./audit_record.ts";
import type { AuditTrail, ReadOptions } from "./audit_trail.ts";
import { AuditWriter } from "./audit_writer.ts";
import { readAudit } from "./read_audit.ts";
import { type CountedDraft, RefusalLimiter } from "./refusal_limiter.ts";
import { removeOldFiles } from "./retention.ts";
import { Unwritten } from "./unwritten.ts";

const logger = getLogger(["worker", "audit"]);

const DEFAULT_FILE_BYTES = 16 * 2 ** 20;
const DEFAULT_TOTAL_BYTES = 256 * 2 ** 20;
const DAY_MS = 86_400_000;
const RETRY_MS = 5_000;
const SWEEP_MS = 3_600_000;

/** How much {@linkcode AuditLog} keeps. */
export interface AuditLimits {
  /** Bytes of a file after which another is begun. @default {16_777_216} */
  fileSize?: number;
  /** Milliseconds that an event is kept at least, unless there is too much. @default 90 days */
  keep?: number;
  /** Bytes of all files together, but at least four files. @default {268_435_456} */
  totalSize?: number;
}

/** How {@linkcode AuditLog} keeps its events. */
export interface AuditLogOptions extends AuditLimits {
  /** Its folder; made, 0700, when it is not there. */
  directory: string;
  /** A test's own. @default the host's time */
  clock?: Clock;
}

/**
 * The audit log of one process, see the folder's own words. What the disk does not take is kept in
 * memory, tried again, and counted when there is too much of it.
 */
export class AuditLog implements AuditTrail, Disposable {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #writer: AuditWriter;
  readonly #limiter: RefusalLimiter;
  readonly #unwritten = new Unwritten();
  readonly #encoder = new TextEncoder();
  readonly #newId = monotonicFactory();
  readonly #ended = new AbortController();
  readonly #followers = new Set<() => void>();
  #limits!: Required<AuditLimits>;
  #recorded = 0;
  #closed = false;
  #cancelRetry: (() => void) | null = null;
  #cancelSweep: () => void = () => {};

  /** Opens nothing: the first event does. */
  constructor(options: AuditLogOptions) {
    const { directory } = options;
    this.#directory = directory;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#writer = new AuditWriter({
      directory,
      limits: () => ({
        bytes: this.#limits.fileSize,
        // So that little is kept longer than it has to be: files go as a whole.
        ms: this.#limits.keep / 10,
      }),
      now: () => this.#clock.now(),
      newId: (time) => this.#newId(time).toLowerCase(),
      onRotate: () => this.#sweep(),
    });
    this.#limiter = new RefusalLimiter(
      this.#clock,
      (counted) => this.#write(counted),
    );
    this.configure(options);
  }

  /** Keeps so much from now on; what is left out is the default. */
  configure(limits: AuditLimits): void {
    const {
      fileSize = DEFAULT_FILE_BYTES,
      keep = 90 * DAY_MS,
      totalSize = DEFAULT_TOTAL_BYTES,
    } = limits;
    this.#limits = {
      fileSize,
      keep,
      totalSize: Math.max(totalSize, 4 * fileSize),
    };
    this.#sweep();
  }

  /** Events that were recorded since the start, those that were only counted too. */
  get recorded(): number {
    return this.#recorded;
  }

  /** Events that could not be kept since the start. */
  get lost(): number {
    return this.#unwritten.lost;
  }

  /** Notes an event; it has reached the kernel when this returns, unless the disk is full. */
  record(event: AuditDraft): void {
    this.#limiter.add(event);
  }

  read(options: ReadOptions = {}): AsyncGenerator<string> {
    const signals = [
      ...(options.signal ? [options.signal] : []),
      // What does not follow is read to its end.
      ...(options.follow ? [this.#ended.signal] : []),
    ];
    return readAudit({
      ...options,
      directory: this.#directory,
      signal: AbortSignal.any(signals),
      subscribe: (wake) => {
        this.#followers.add(wake);
        return () => this.#followers.delete(wake);
      },
    });
  }

  /** Writes what is to be written yet, and ends whoever follows. What comes later is lost. */
  [Symbol.dispose](): void {
    this.#ended.abort();
    this.#limiter[Symbol.dispose]();
    this.#closed = true;
    this.#cancelRetry?.();
    this.#cancelSweep();
    const given = this.#unwritten.giveUp();
    if (given > 0) logger.error`${given} events of the audit log are lost`;
    this.#writer[Symbol.dispose]();
  }

  #write(counted: CountedDraft): void {
    const now = this.#clock.now();
    const record = auditRecord(counted, {
      time: new Date(now).toISOString(),
      id: this.#newId(now).toLowerCase(),
    });
    if (this.#closed) {
      return logger.error`an event came after the end of the audit log: ${
        JSON.stringify(record)
      }`;
    }
    this.#unwritten.push(this.#encoder.encode(JSON.stringify(record) + "\n"));
    this.#flush();
  }

  #flush(): void {
    try {
      this.#unwritten.drain((line) => this.#writer.append(line));
    } catch (error) {
      return this.#retryLater(error as Error);
    }
    if (this.#cancelRetry !== null) {
      this.#cancelRetry();
      this.#cancelRetry = null;
      logger.info`the audit log is written again, ${this.lost} events are lost`;
    }
    for (const wake of this.#followers) wake();
  }

  #retryLater(error: Error): void {
    if (this.#cancelRetry === null) {
      logger
        .error`cannot write the audit log in "${this.#directory}", events wait in memory: ${error.message}`;
    } else this.#cancelRetry();
    this.#cancelRetry = this.#clock.after(RETRY_MS, () => this.#flush());
  }

  #sweep(): void {
    if (this.#closed) return;
    this.#cancelSweep();
    this.#cancelSweep = this.#clock.after(SWEEP_MS, () => this.#sweep());
    try {
      removeOldFiles(this.#directory, {
        ms: this.#limits.keep,
        totalBytes: this.#limits.totalSize,
        active: this.#writer.path,
        now: this.#clock.now(),
      });
    } catch (error) {
      logger
        .error`cannot remove old files of the audit log in "${this.#directory}": ${
        (error as Error).message
      }`;
    }
  }
}
