import {
  type EndRecord,
  FrameDecoder,
  type OutputStream,
} from "../api/frame.ts";
import type { JobService } from "../api/job_service.ts";

/** Where a watched output goes. Each call is awaited before the next, so a slow one falls behind alone. */
export interface OutputWatcher {
  /**
   * A piece of output, the logical offset of its first byte and when it was read, in µs since the
   * epoch. The bytes are valid until the promise resolves: copy what is kept longer.
   */
  output?(
    piece: Uint8Array,
    at: { stream: OutputStream; offset: number; timeUs: number },
  ): void | Promise<void>;
  /** Bytes that are gone: retention removed them, or the disk was full. */
  gap?(gap: { from: number; to: number }): void | Promise<void>;
  /** The job is final and all of its output was given. */
  end?(end: EndRecord): void | Promise<void>;
}

/** What of a job's output is watched. */
export interface WatchOptions {
  /** Logical offset to begin at; one past the end so far begins there. @default {0} */
  from?: number;
  /** Only this stream. @default both, in the order they were read */
  stream?: OutputStream;
}

/** A watch that goes on until the job's end or until it is disposed. */
export interface OutputWatch extends AsyncDisposable {
  /**
   * Resolves at the end of the output, or when it is unwatched; rejects with what a watcher threw,
   * and with a `WorkerError` when the output cannot be read (`NOT_FOUND` for an unknown id).
   */
  readonly done: Promise<void>;
  /** Stops watching, after the call that is under way; the job goes on. Twice is fine. */
  unwatch(): Promise<void>;
}

const BUFFER_BYTES = 256 * 1024;

/**
 * Replays a job's output from an offset, then follows it. Any number of watches may go on at once,
 * each at its own pace.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { JobSupervisor, watchOutput } from "@worker/worker";
 *
 * const directory = await Deno.makeTempDir();
 * await using jobs = new JobSupervisor({ directory });
 * const job = await jobs.start({ command: "seq", args: ["3"] }, { owner: "me" });
 *
 * let bytes = 0;
 * await using watch = watchOutput(jobs, job.id, {
 *   output: (piece, { stream }) => {
 *     if (stream === "stdout") bytes += piece.length;
 *   },
 *   end: ({ state }) => equal(state, "succeeded"),
 * });
 * await watch.done;
 * equal(bytes, "1\n2\n3\n".length);
 * ```
 */
export function watchOutput(
  jobs: JobService,
  id: string,
  options: OutputWatcher & WatchOptions,
): OutputWatch {
  const { from = 0, stream, ...watcher } = options;
  const opened = jobs.output(id, {
    follow: true,
    from,
    ...(stream && { stream }),
  });
  const done = pump(opened, watcher);
  done.catch(() => {});
  const unwatch = async () => {
    // What could not be opened needs no closing, and `done` says why.
    await opened.then((source) => source[Symbol.asyncDispose](), () => {});
    await done.catch(() => {});
  };
  return { done, unwatch, [Symbol.asyncDispose]: unwatch };
}

async function pump(
  opened: ReturnType<JobService["output"]>,
  watcher: OutputWatcher,
): Promise<void> {
  await using source = await opened;
  const calls: (() => void | Promise<void>)[] = [];
  const decoder = new FrameDecoder({
    output: (piece, at) => void calls.push(() => watcher.output?.(piece, at)),
    control: (record) => {
      if (record.type === "gap") calls.push(() => watcher.gap?.(record));
      if (record.type === "end") calls.push(() => watcher.end?.(record));
    },
  });
  const buffer = new Uint8Array(BUFFER_BYTES);
  while (await source.ready()) {
    decoder.push(buffer.subarray(0, source.read(buffer)));
    for (const call of calls.splice(0)) await call();
  }
}
