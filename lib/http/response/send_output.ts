import {
  encodeControl,
  FrameDecoder,
  type OutputStream,
} from "../../api/frame.ts";
import type { Job } from "../../api/job.ts";
import type { OutputSource } from "../../api/job_service.ts";
import { NdjsonEncoder } from "../../api/ndjson.ts";
import { BufferPool } from "../listener/buffer_pool.ts";
import type { AppContext } from "../env.ts";
import { mediaTypeOf, type OutputFormat } from "./output_format.ts";
import { ResponseSink } from "./response_sink.ts";

/** A line without its newline is sent after this long. */
const PARTIAL_LINE_MS = 50;

/** Up to this much is copied out of a buffer. */
const SMALL_BYTES = 4 * 1024;

/** So much is turned into NDJSON at a time. */
const SLICE_BYTES = 4 * 1024;

/** Two of the longest stored frames. */
const buffers = new BufferPool(2 * (64 * 1024 + 16), 16);

export interface SendOptions {
  format: OutputFormat;
  /** The stream that `raw` shows. */
  stream: OutputStream;
  /** The output goes on until the job's end, and elsewhere when this server ends. */
  follow: boolean;
  /** Told first: the job that this response started. */
  job?: Job;
}

/** Answers with a job's output and returns at once; the response goes on until the source ends. */
export function sendOutput(
  c: AppContext,
  source: OutputSource,
  options: SendOptions,
): void {
  const { format, job } = options;
  const sink = new ResponseSink(c, {
    "content-type": mediaTypeOf(format),
    ...(job && { location: `/v1/jobs/${job.id}` }),
  });
  sink.closed.addEventListener("abort", () => source[Symbol.asyncDispose]());
  sink.pump(async () => {
    await using open = source;
    if (format === "frames") {
      if (job) sink.write(encodeControl({ type: "job", ...job }));
      await sendFrames(sink, open);
    } else if (format === "raw") await sendRaw(sink, open, options.stream);
    else {
      if (job) sink.write(JSON.stringify({ type: "job", ...job }) + "\n");
      await sendNdjson(sink, open);
    }
  }, { follow: options.follow });
}

/** The stored bytes as they are. */
async function sendFrames(
  sink: ResponseSink,
  source: OutputSource,
): Promise<void> {
  while (await source.ready()) {
    const buffer = buffers.take();
    const lent = lend(buffer, source.read(buffer));
    sink.write(lent.bytes, lent.giveBack);
    await sink.ready();
  }
}

/** Payloads of one stream. It has no way to show a gap, so it ends with an error there. */
async function sendRaw(
  sink: ResponseSink,
  source: OutputSource,
  wanted: OutputStream,
): Promise<void> {
  let pieces: Uint8Array[] = [];
  let gap: { from: number; to: number } | null = null;
  const decoder = new FrameDecoder({
    output: (piece, { stream }) => {
      if (stream === wanted) pieces.push(piece);
    },
    control: (record) => {
      if (record.type === "gap") gap ??= record;
    },
  });
  while (await source.ready()) {
    const buffer = buffers.take();
    const { bytes, giveBack } = lend(buffer, source.read(buffer));
    decoder.push(bytes);
    if (gap) {
      throw new Error(
        `bytes ${JSON.stringify(gap)} are gone, and raw output can't say so`,
      );
    }
    const last = pieces.pop();
    for (const piece of pieces) sink.write(piece);
    if (last) sink.write(last, giveBack);
    else giveBack();
    pieces = [];
    await sink.ready();
  }
}

/**
 * What was read into a pooled buffer. A few bytes, the usual case of a follower that is up to date,
 * are copied: hundreds of followers would otherwise hold a large buffer each while they are sent.
 */
function lend(
  buffer: Uint8Array,
  count: number,
): { bytes: Uint8Array; giveBack: () => void } {
  if (count > SMALL_BYTES) {
    return {
      bytes: buffer.subarray(0, count),
      giveBack: () => buffers.give(buffer),
    };
  }
  const bytes = buffer.slice(0, count);
  buffers.give(buffer);
  return { bytes, giveBack: () => {} };
}

/** One record a line. */
async function sendNdjson(
  sink: ResponseSink,
  source: OutputSource,
): Promise<void> {
  const encoder = new NdjsonEncoder();
  while (true) {
    const more = source.ready();
    if (encoder.hasPartialLine) {
      flushLater(more, () => sink.write(encoder.flush()));
    }
    if (!await more) break;
    const buffer = buffers.take();
    const count = source.read(buffer);
    // Short lines become sixty times as long: a slice at a time keeps what waits for a slow client
    // small.
    for (let at = 0; at < count && !sink.closed.aborted; at += SLICE_BYTES) {
      const text = encoder.push(
        buffer.subarray(at, Math.min(count, at + SLICE_BYTES)),
      );
      if (text === "") continue;
      sink.write(text);
      await sink.ready();
    }
    buffers.give(buffer);
  }
  sink.write(encoder.flush());
}

/** Calls `flush` unless `more` settles within {@linkcode PARTIAL_LINE_MS}. */
function flushLater(more: Promise<boolean>, flush: () => void): void {
  const timer = setTimeout(flush, PARTIAL_LINE_MS);
  const keep = () => clearTimeout(timer);
  more.then(keep, keep);
}
