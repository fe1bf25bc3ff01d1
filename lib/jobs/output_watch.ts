import {
  type EndRecord,
  FrameDecoder,
  type OutputStream,
} from "../api/frame.ts";
import type { JobService } from "../api/job_service.ts";

/** Where a watched output goes. Each call is awaited before the next, so a slow one falls behind alone. */
export interface OutputWatcher {
  /** A piece of output; the bytes are valid until the promise resolves. */
  output?(
    piece: Uint8Array,
    at: { stream: OutputStream; offset: number; timeUs: number },
  ): void | Promise<void>;
  /** Bytes that are gone: retention removed them, or the disk was full. */
  gap?(gap: { from: number; to: number }): void | Promise<void>;
  end?(end: EndRecord): void | Promise<void>;
}

/** A watch that goes on until the job's end or until it is disposed. */
export interface OutputWatch extends AsyncDisposable {
  /** Resolves at the end of the output; rejects with what a watcher threw. */
  readonly done: Promise<void>;
  /** Stops watching; the job goes on. */
  unwatch(): Promise<void>;
}

const BUFFER_BYTES = 256 * 1024;

/**
 * Replays a job's output from an offset, then follows it.
 *
 * @example
 * ```ts ignore
 * await using watch = watchOutput(jobs, job.id, { output: (piece) => Deno.stdout.write(piece) });
 * await watch.done;
 * ```
 */
export function watchOutput(
  jobs: JobService,
  id: string,
  options: OutputWatcher & { from?: number },
): OutputWatch {
  const { from = 0, ...watcher } = options;
  const opened = jobs.output(id, { follow: true, from });
  const done = pump(opened, watcher);
  done.catch(() => {});
  const unwatch = async () => {
    await (await opened)[Symbol.asyncDispose]();
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
