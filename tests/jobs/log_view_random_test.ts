import { deepEqual, ok } from "node:assert/strict";
import type { OutputSource } from "../../lib/api/job_service.ts";
import { OutputLog } from "../../lib/jobs/output_log.ts";
import { walkFrames } from "../../lib/jobs/stored_frame.ts";
import {
  append,
  type ConnectedView,
  connectView,
  END,
  KIB,
  pattern,
  readSource,
  withDirectory,
} from "./output_fixtures.ts";

/** Numbers that a seed gives again (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** A reader that checks each byte and each gap as it goes. */
class CheckedReader {
  at = -1;
  ended = false;
  #reading: Promise<void> = Promise.resolve();

  constructor(
    readonly source: OutputSource,
    readonly context: { seed: number; log: OutputLog },
  ) {}

  /** Reads what is there, or some of it. */
  readSome(until: number): Promise<void> {
    return this.#reading = this.#reading.then(() => this.#readSome(until));
  }

  async #readSome(until: number): Promise<void> {
    if (this.ended || this.at >= until) return;
    const { seed, log } = this.context;
    const { bytes, from, gaps, end, offset } = await readSource(
      this.source,
      until,
    );
    let at = this.at < 0 ? from : this.at;
    let taken = 0;
    for (const gap of [...gaps, { from: offset, to: offset }]) {
      const length = gap.from - at;
      const piece = bytes.subarray(taken, taken + length);
      deepEqual(piece, pattern(at, length), `seed ${seed}, from ${at}`);
      taken += length;
      ok(isMissing(log, gap), `seed ${seed}: gap at ${gap.from}`);
      at = gap.to;
    }
    deepEqual(taken, bytes.length, `seed ${seed}: ${at} and no further`);
    this.at = at;
    this.ended = end !== null;
  }
}

/** True when the log has no byte of a gap. */
function isMissing(log: OutputLog, gap: { from: number; to: number }): boolean {
  if (gap.from === gap.to) return true;
  return log.segments.every((segment) => {
    let end = segment.firstOffset;
    walkFrames(segment.readAll(), ({ payloadBytes }) => {
      end += payloadBytes;
    });
    return segment.firstOffset >= gap.to || end <= gap.from;
  });
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * A writer, a view that loses its connection now and then, and readers that come, read and go, in
 * an order that the seed decides. Each reader must get exactly the bytes from where it began, but
 * for gaps that are told and cover what is missing.
 */
async function play(directory: string, seed: number): Promise<void> {
  const below = numbers(seed);
  const cap = [64, 256, 2048][below(3)]! * KIB;
  const total = below(4) === 0 ? cap / 2 : 3 * cap;
  using log = OutputLog.create(directory, {
    cap,
    checksum: false,
    overflow: "drop",
  });
  let final = false;
  const connect = () =>
    connectView(log, directory, { end: () => final ? END : null });
  const connections: ConnectedView[] = [await connect()];
  const { view } = connections[0]!;
  const readers: CheckedReader[] = [];
  const begin = () => {
    const from = below(2) === 0 ? 0 : below(view.end + 1);
    const source = view.source({ from, follow: true });
    readers.push(new CheckedReader(source, { seed, log }));
  };
  begin();
  while (log.end < total) {
    const action = below(20);
    if (action < 13) {
      // Of any size, many of them tiny, so that frames and files end anywhere.
      const length = 1 + below([20, 2_000, 70_000][below(3)]!);
      append(log, pattern(log.end, length));
    } else if (action < 16) await turn();
    else if (action === 16 && readers.length < 8) begin();
    else if (action === 17) {
      const reader = readers[below(readers.length)]!;
      const until = Math.min(view.end, reader.at + 1 + below(100_000));
      await reader.readSome(until);
    } else if (action === 18) await connections.at(-1)!.disconnect();
    else if (action === 19) {
      await connections.at(-1)!.disconnect();
      connections.push(await connect());
      await follow(connections);
    }
  }
  final = true;
  log.finish();
  connections.push(await connect());
  await follow(connections);
  for (const reader of readers) {
    await reader.readSome(Infinity);
    ok(reader.ended, `seed ${seed}: a reader without its end`);
    deepEqual(reader.at, log.end, `seed ${seed}`);
    await reader.source[Symbol.asyncDispose]();
  }
  for (const connection of connections) await connection[Symbol.asyncDispose]();
}

/** The first view goes on with what the newest connection tells, from its snapshot on. */
async function follow(connections: ConnectedView[]): Promise<void> {
  const { view } = connections[0]!;
  const newest = connections.at(-1)!;
  const told = newest.changes.length;
  for (const change of newest.changes) view.apply(change);
  const push = newest.changes.push.bind(newest.changes);
  newest.changes.push = (...changes) => {
    for (const change of changes) view.apply(change);
    return push(...changes);
  };
  await turn();
  ok(told > 0);
}

Deno.test("LogView gives readers exactly what was written, whatever happens", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    await withDirectory((directory) => play(directory, seed));
  }
});
