import { encodeControl, type EndRecord } from "../api/frame.ts";
import type { OutputSource } from "../api/job_service.ts";
import type { OutputCursor } from "./output_cursor.ts";
import type { ReadableLog } from "./readable_log.ts";

/** What the frames of a job come from. */
export interface JobOutput {
  log: ReadableLog;
  /** The last record, or null while the job is not final. Throws when it will never be known. */
  end(): EndRecord | null;
}

/**
 * A job's output as a stream of frames: what is in the log, then, when it follows, what comes, then
 * the `end` record of a final job.
 */
export class JobOutputSource implements OutputSource {
  readonly #job: JobOutput;
  readonly #cursor: OutputCursor;
  /** Without following, the stream ends where the log ended when it was opened. */
  readonly #until: number;
  #endFrame: Uint8Array | null = null;
  #wake: (() => void) | null = null;
  #done = false;

  constructor(job: JobOutput, options: { from: number; follow: boolean }) {
    this.#job = job;
    this.#cursor = job.log.cursor(options.from);
    this.#until = options.follow ? Infinity : job.log.end;
  }

  async ready(): Promise<boolean> {
    while (!this.#done) {
      if (this.#cursor.hasPending) return true;
      if (this.#cursor.hasData && this.#cursor.offset < this.#until) {
        return true;
      }
      if (this.#cursor.closed) return false;
      const end = this.#cursor.hasData ? null : this.#job.end();
      if (end) {
        this.#endFrame = encodeControl(end);
        return true;
      }
      if (this.#cursor.offset >= this.#until) return false;
      await this.#change();
    }
    return false;
  }

  /** Once per follower and line of output, so without an AbortSignal and its listeners. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#job.log.changed.once(resolve);
    });
  }

  read(into: Uint8Array): number {
    if (this.#endFrame) {
      into.set(this.#endFrame);
      this.#done = true;
      const { length } = this.#endFrame;
      this.#endFrame = null;
      return length;
    }
    return this.#cursor.read(into);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#done = true;
    if (this.#wake) {
      this.#job.log.changed.forget(this.#wake);
      this.#wake();
    }
    this.#cursor[Symbol.dispose]();
    return Promise.resolve();
  }
}
