import { join } from "node:path";
import {
  type EndRecord,
  FrameDecoder,
  type OutputStream,
} from "../../lib/api/frame.ts";
import type { OutputSource } from "../../lib/api/job_service.ts";
import {
  type LogChange,
  type LogSnapshot,
  watchLog,
} from "../../lib/jobs/log_change.ts";
import { LogView, type LogViewOptions } from "../../lib/jobs/log_view.ts";
import type { OutputLog } from "../../lib/jobs/output_log.ts";
import { AppendFile } from "../../lib/linux/append_file.ts";
import { ERRNO, LinuxError } from "../../lib/linux/linux_error.ts";
import { closeDescriptor } from "../../lib/linux/descriptor.ts";
import { libc } from "../../lib/linux/libc.ts";
import { pipeFromChild } from "../../lib/linux/pipe.ts";
import { MAX_STORED_FRAME_BYTES } from "../../lib/jobs/stored_frame.ts";
import { concat } from "../helpers/jobs.ts";

export const KIB = 1024;

/** Bytes whose value at an offset is known, so that any slip shows. */
export function pattern(from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = patternAt(from + i);
  return bytes;
}

/** The byte at a logical offset. */
export function patternAt(offset: number): number {
  return (offset * 31 + (offset >> 8)) & 0xff;
}

/** Appends bytes, as a job that prints them: through a pipe, in frames as long as they may be. */
export function append(
  log: OutputLog,
  payload: Uint8Array,
  stream: OutputStream = "stdout",
): void {
  const { ours, theirs } = pipeFromChild();
  try {
    for (let written = 0; written < payload.length;) {
      const piece = payload.slice(written, written + 64 * KIB);
      written += Number(libc.write(theirs, piece, BigInt(piece.length)));
      while (log.appendFrom(stream, ours) > 0);
    }
  } finally {
    closeDescriptor(ours);
    closeDescriptor(theirs);
  }
}

/** Calls `write` while the disk takes only so many bytes more from each pipe. */
export function fillDisk({ room }: { room: number }, write: () => void): void {
  const { moveFrom } = AppendFile.prototype;
  let left = room;
  AppendFile.prototype.moveFrom = function (pipe, length) {
    if (left === 0) throw new LinuxError("cannot write", ERRNO.ENOSPC);
    const count = moveFrom.call(this, pipe, Math.min(length, left));
    left -= count ?? 0;
    return count;
  };
  try {
    write();
  } finally {
    AppendFile.prototype.moveFrom = moveFrom;
  }
}

/** Appends the pattern to the log until its end is at `offset`. */
export function appendUntil(
  log: OutputLog,
  offset: number,
  pieceBytes = 1_000,
): void {
  while (log.end < offset) {
    append(log, pattern(log.end, Math.min(pieceBytes, offset - log.end)));
  }
}

/** Runs with the path of a log's folder that does not exist yet; what is there goes at the end. */
export async function withDirectory(
  test: (directory: string) => void | Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await test(join(root, "output"));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

export const END: EndRecord = {
  type: "end",
  state: "succeeded",
  exit: { code: 0, signal: null, reason: "exited", detail: null },
  bytes: { stdout: 1, stderr: 0 },
  sha256: { stdout: null, stderr: null },
};

/** What came out of a source. */
export interface Received {
  bytes: Uint8Array;
  /** Where it began. */
  from: number;
  gaps: { from: number; to: number }[];
  end: EndRecord | null;
  /** Logical offset one past the last byte. */
  offset: number;
}

/** Where the reading of a source was left. */
const reached = new WeakMap<OutputSource, number>();

/** Reads a source until it ends, or until it has come to a logical offset. */
export async function readSource(
  source: OutputSource,
  until = Infinity,
): Promise<Received> {
  const pieces: Uint8Array[] = [];
  const received: Omit<Received, "bytes" | "offset"> = {
    from: 0,
    gaps: [],
    end: null,
  };
  const decoder = new FrameDecoder({
    output: (piece) => void pieces.push(piece.slice()),
    control: (record) => {
      if (record.type === "position") received.from = record.offset;
      if (record.type === "gap") {
        received.gaps.push({ from: record.from, to: record.to });
      }
      if (record.type === "end") received.end = record;
    },
  });
  decoder.offset = reached.get(source) ?? 0;
  const buffer = new Uint8Array(2 * MAX_STORED_FRAME_BYTES);
  while (decoder.offset < until && await source.ready()) {
    decoder.push(buffer.subarray(0, source.read(buffer)));
  }
  reached.set(source, decoder.offset);
  return { ...received, bytes: concat(pieces), offset: decoder.offset };
}

/** A log's view that is told everything as JSON, as from another process. */
export interface ConnectedView extends AsyncDisposable {
  view: LogView;
  /** Every change it was told, the snapshot included. */
  changes: LogChange[];
  /** Stops telling it what happens to the log. */
  disconnect(): Promise<void>;
}

/** Connects a view to a log. The job is final once `end` answers. */
export async function connectView(
  log: OutputLog,
  directory: string,
  { end = () => null, ...options }:
    & LogViewOptions
    & { end?: () => EndRecord | null } = {},
): Promise<ConnectedView> {
  const stop = new AbortController();
  const watch = watchLog({ log, end }, { signal: stop.signal })
    [Symbol.asyncIterator]();
  const snapshot = asJson((await watch.next()).value as LogSnapshot);
  const changes: LogChange[] = [snapshot];
  const view = new LogView(directory, snapshot, options);
  const told = (async () => {
    for (let next; !(next = await watch.next()).done;) {
      const change = asJson(next.value);
      changes.push(change);
      view.apply(change);
    }
  })();
  const disconnect = () => {
    stop.abort();
    return told;
  };
  return {
    view,
    changes,
    disconnect,
    async [Symbol.asyncDispose]() {
      await disconnect();
      view[Symbol.dispose]();
    },
  };
}

/** A value as it is after a way over a wire. */
export function asJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}
