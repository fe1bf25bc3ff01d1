import type { EndRecord, OutputStream } from "../lib/api/frame.ts";
import type { Job } from "../lib/api/job.ts";
import type { OutputOptions } from "../lib/api/job_service.ts";
import type { BodyReader } from "../lib/client/body_reader.ts";
import { followOutput, type FollowReader } from "../lib/client/follow.ts";
import { FrameReader } from "../lib/client/frame_reader.ts";
import type { JobClient } from "../lib/client/job_client.ts";
import { isOutputMissing } from "../lib/client/output_missing.ts";
import { NdjsonReader } from "../lib/client/ndjson_reader.ts";
import { OutputWriter } from "./output_writer.ts";
import { printHint } from "./print.ts";

export interface AttachOptions {
  client: JobClient;
  /** The job; null until the answer to `run` has named it. */
  id(): string | null;
  /** Sends `POST /v1/run`, and the same once more when it is cut before it has named the job. */
  run?: () => Promise<BodyReader>;
  output: OutputOptions;
  /** Print the records as the server sent them instead of the bytes. */
  json: boolean;
  /** Takes what the job printed. @default our own standard output and error */
  sink?: OutputSink;
  /** Told the job when `run` names it. */
  started?(job: Job): void;
  signal?: AbortSignal;
}

/** Where output goes. */
export interface OutputSink {
  /** Takes the bytes, of which the caller may use the memory again once the promise resolves. */
  write(stream: OutputStream, bytes: Uint8Array): Promise<void>;
  /** Resolves when everything is where it belongs. */
  drain(): Promise<void>;
}

/**
 * Prints a job's output, each stream to its own place, until its end or as far as it goes.
 *
 * @returns the `end` record; null when the job was not followed to its end.
 */
export async function attach(
  options: AttachOptions,
): Promise<EndRecord | null> {
  const { client, id, output, run, signal } = options;
  const writer = options.sink ?? new OutputWriter();
  const end = await followOutput({
    address: client.address,
    reader: options.json
      ? ndjsonReader(options, writer)
      : frameReader(options, writer),
    follow: output.follow ?? false,
    ...(run && { first: await run() }),
    ...(signal && { signal }),
    retrying: tellOnce(client.address),
    silence: {
      missing: async (offset, signal) => {
        const { stream } = output;
        const job = id();
        return job !== null &&
          await isOutputMissing(client, { id: job, offset, stream, signal });
      },
    },
    open: (from) => {
      const known = id();
      if (known === null) return run!();
      const { tail: _, ...rest } = output;
      return client.outputBody(known, {
        ...(from === null ? output : { ...rest, from }),
        format: options.json ? "ndjson" : "frames",
        ...(signal && { signal }),
      });
    },
  });
  await writer.drain();
  return end;
}

function frameReader(
  { output, started }: AttachOptions,
  writer: OutputSink,
): FollowReader {
  return new FrameReader({
    output: ({ stream, bytes }) => writer.write(stream, bytes),
    gap: ({ from, to }) =>
      void printHint(
        `${to - from} bytes are missing here: the server did not keep them`,
      ),
    ...(started && { job: started }),
    ...(output.stream && { stream: output.stream }),
    partial: isPartial(output),
  });
}

function ndjsonReader(
  { output, started }: AttachOptions,
  writer: OutputSink,
): FollowReader {
  return new NdjsonReader({
    lines: (bytes) => writer.write("stdout", bytes),
    ...(started && { job: started }),
    partial: isPartial(output) || output.stream !== undefined,
  });
}

function isPartial({ from = 0, tail }: OutputOptions): boolean {
  return from > 0 || tail !== undefined;
}

/** One hint for each time the connection breaks is enough. */
function tellOnce(address: string): (error: unknown) => void {
  let told = 0;
  return () => {
    if (told++ > 0) return;
    void printHint(`the connection to "${address}" broke; resuming`);
  };
}
