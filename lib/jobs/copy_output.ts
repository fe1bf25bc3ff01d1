import type { OutputStream } from "../api/frame.ts";
import type { JobService } from "../api/job_service.ts";
import { type OutputWatch, watchOutput } from "./output_watch.ts";

/**
 * Where a copy of output goes: a stream, or anything that writes, such as a `Deno.FsFile`.
 *
 * `write` may take fewer bytes than it is given and say how many; `undefined` means all. The bytes
 * are valid until its promise resolves. Neither kind is closed: the writer stays the caller's.
 */
export type OutputWriter =
  | WritableStream<Uint8Array>
  | { write(bytes: Uint8Array): Promise<number | void> };

/** Where {@linkcode copyOutput} writes. */
export interface CopyOptions {
  /** What takes standard output. @default nothing */
  stdout?: OutputWriter | readonly OutputWriter[];
  /** What takes standard error. @default nothing */
  stderr?: OutputWriter | readonly OutputWriter[];
  /** Logical offset to begin at; one past the end so far begins there. @default {0} */
  from?: number;
  /**
   * Bytes that are gone and in no copy; called for each writer. The offsets are logical ones, which
   * count both streams.
   */
  gap?(gap: { from: number; to: number }): void | Promise<void>;
}

/**
 * Copies a job's output to extra writers: replayed from an offset, then followed to the end.
 *
 * Each writer goes at its own pace, and one that is slow slows neither the job nor another writer.
 * A writer that is given for both streams gets them in the order they were read. One that fails ends
 * its own copy and rejects `done`; the others go on until the end or until they are unwatched.
 * `unwatch` does not wait for a writer that is stuck.
 *
 * @throws {TypeError} when a stream is locked.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { copyOutput, JobSupervisor } from "@worker/worker";
 *
 * const directory = await Deno.makeTempDir();
 * await using jobs = new JobSupervisor({ directory: `${directory}/jobs` });
 * const job = await jobs.start({ command: "seq", args: ["3"] }, { owner: "me" });
 *
 * using file = await Deno.create(`${directory}/numbers`);
 * await using copy = copyOutput(jobs, job.id, { stdout: [file, Deno.stdout] });
 * await copy.done;
 * equal(await Deno.readTextFile(`${directory}/numbers`), "1\n2\n3\n");
 * ```
 */
export function copyOutput(
  jobs: JobService,
  id: string,
  options: CopyOptions,
): OutputWatch {
  const copies = [...streamsByWriter(options)].map(([writer, streams]) => {
    const only = streams.size === 1 ? [...streams][0]! : undefined;
    return copyTo(writer, (sink) =>
      watchOutput(jobs, id, {
        from: options.from ?? 0,
        ...(only && { stream: only }),
        output: sink,
        ...(options.gap && { gap: options.gap }),
      }));
  });
  const done = Promise.all(copies.map((copy) => copy.done)).then(() => {});
  done.catch(() => {});
  const unwatch = async () => {
    await Promise.all(copies.map((copy) => copy.unwatch()));
  };
  return { done, unwatch, [Symbol.asyncDispose]: unwatch };
}

function streamsByWriter(
  options: CopyOptions,
): Map<OutputWriter, Set<OutputStream>> {
  const streams = new Map<OutputWriter, Set<OutputStream>>();
  for (const stream of ["stdout", "stderr"] as const) {
    for (const writer of [options[stream] ?? []].flat()) {
      if (writer instanceof WritableStream && writer.locked) {
        throw new TypeError(
          `cannot copy ${stream}: its stream is locked to another writer`,
        );
      }
      const taken = streams.get(writer) ?? new Set();
      streams.set(writer, taken.add(stream));
    }
  }
  return streams;
}

type Sink = (piece: Uint8Array) => Promise<void>;

/** One watch into one writer; unwatching lets go of a write that is under way. */
function copyTo(
  writer: OutputWriter,
  watch: (sink: Sink) => OutputWatch,
): Pick<OutputWatch, "done" | "unwatch"> {
  let unwatched = false;
  let letGo = () => {};
  const { write, release } = openWriter(writer);
  // Not a race against one promise of the whole copy: that would collect a reaction for each piece.
  const copy = watch((piece) =>
    new Promise((resolve, reject) => {
      letGo = resolve;
      if (unwatched) resolve();
      else write(piece).then(resolve, reject);
    })
  );
  const done = copy.done.finally(release);
  done.catch(() => {});
  const unwatch = async () => {
    unwatched = true;
    letGo();
    await copy.unwatch();
  };
  return { done, unwatch };
}

function openWriter(writer: OutputWriter): { write: Sink; release(): void } {
  if (!(writer instanceof WritableStream)) {
    return { write: (piece) => writeWhole(writer, piece), release: () => {} };
  }
  const lock = writer.getWriter();
  return {
    // A stream may hand its chunk on and keep it: it gets one of its own.
    write: (piece) => lock.write(piece.slice()),
    release: () => lock.releaseLock(),
  };
}

async function writeWhole(
  writer: Exclude<OutputWriter, WritableStream<Uint8Array>>,
  piece: Uint8Array,
): Promise<void> {
  let rest = piece;
  while (rest.length > 0) {
    const count = await writer.write(rest) ?? rest.length;
    if (!(count > 0 && count <= rest.length)) {
      throw new RangeError(
        `cannot copy output: the writer says it took "${count}" of ${rest.length} bytes`,
      );
    }
    rest = rest.subarray(count);
  }
}
