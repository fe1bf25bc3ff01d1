import { WorkerError } from "../api/errors.ts";
import type { EndRecord } from "../api/frame.ts";
import type { BodyReader } from "./body_reader.ts";
import { connectionError } from "./connection_error.ts";
import { delay } from "./delay.ts";
import { Patience, type PatienceOptions } from "./patience.ts";
import { type SilenceOptions, SilenceWatch } from "./silence_watch.ts";

/** Takes the bytes of one response after the other and knows where the next one has to begin. */
export interface FollowReader {
  /** Logical offset one past the last byte handed out; null before the first position is known. */
  readonly offset: number | null;
  /** The `end` record, once it came. */
  readonly end: EndRecord | null;
  /** True between two frames or lines: a body that ends elsewhere was cut. */
  readonly atBoundary: boolean;
  /** A new response begins; what was left of the one before is void. */
  restart(): void;
  push(bytes: Uint8Array): Promise<void>;
}

export interface FollowOptions {
  reader: FollowReader;
  /** Opens the output at an offset; null is where the caller wanted it to begin. */
  open(from: number | null): Promise<BodyReader>;
  /** A response that is already open, as after `POST /v1/run`. */
  first?: BodyReader;
  /** The stream goes on until the job's end. @default {true} */
  follow?: boolean;
  /** The server, for messages. */
  address: string;
  /** Told before each wait that precedes an attempt to reconnect. */
  retrying?(error: unknown): void;
  /** How to tell a job that prints nothing from a connection that carries nothing any more. */
  silence?: SilenceOptions;
  patience?: PatienceOptions;
  signal?: AbortSignal;
}

/**
 * Reads output to its end; when the connection breaks, goes on at the offset that was reached.
 *
 * The first `open` is not repeated: that nobody answers is something the user wants to know at
 * once. Rejects with what the reader throws, with a refusal, or, after a minute without success,
 * with the connection's error.
 *
 * @returns the `end` record; null when `follow` is false and the job has not ended.
 */
export async function followOutput(
  options: FollowOptions,
): Promise<EndRecord | null> {
  const { reader, open, signal, follow = true } = options;
  const patience = new Patience(options.patience);
  let body = options.first ?? await open(null);
  for (;;) {
    const failure = await readBody(body, patience, options);
    if (reader.end !== null) return reader.end;
    if (failure === null && !follow && reader.atBoundary) return null;
    const cut = connectionError(
      failure ?? new Error("connection closed before the end"),
      options.address,
    );
    body = await reopen(cut, patience, {
      ...options,
      open: () => open(reader.offset),
    });
    signal?.throwIfAborted();
    reader.restart();
  }
}

/** Reads one body; resolves to what broke it, or null when it ended. */
async function readBody(
  body: BodyReader,
  patience: Patience,
  { reader, signal, silence }: FollowOptions,
): Promise<unknown> {
  await using _ = body;
  using watch = silence && new SilenceWatch(silence, {
    offset: () => reader.offset,
    cut: () => void body[Symbol.asyncDispose](),
  });
  for (;;) {
    let bytes: Uint8Array | null;
    try {
      watch?.waits();
      bytes = await body.read();
      watch?.goesOn();
    } catch (error) {
      signal?.throwIfAborted();
      return error ?? new Error("connection closed");
    }
    if (bytes === null) return null;
    patience.succeeded();
    await reader.push(bytes);
  }
}

async function reopen(
  error: WorkerError,
  patience: Patience,
  { open, retrying, signal }: FollowOptions,
): Promise<BodyReader> {
  let failure: unknown = error;
  for (;;) {
    const wait = patience.failed(failure);
    retrying?.(failure);
    await delay(wait, signal);
    try {
      return await open(null);
    } catch (next) {
      signal?.throwIfAborted();
      failure = next;
    }
  }
}
