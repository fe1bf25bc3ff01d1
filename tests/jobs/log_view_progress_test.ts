import { deepEqual, equal, ok } from "node:assert/strict";
import type { LogSnapshot } from "../../lib/jobs/log_change.ts";
import { OutputLog } from "../../lib/jobs/output_log.ts";
import { waitFor } from "../helpers/wait_for.ts";
import {
  append,
  appendUntil,
  connectView,
  KIB,
  pattern,
  readSource,
  withDirectory,
} from "./output_fixtures.ts";

const waiting = { cap: 1 << 20, checksum: false, overflow: "wait" } as const;

Deno.test("LogView.slowest is the offset of its slowest reader, Infinity without one", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, { ...waiting, overflow: "drop" });
    appendUntil(log, 10 * KIB);
    let idle = 0;
    await using connected = await connectView(log, directory, {
      idle: () => idle++,
      progressed: () => {
        throw new Error("told of a log that waits for nobody");
      },
    });
    const { view } = connected;
    equal(view.slowest, Infinity);
    const slow = view.source({ from: 10 });
    const fast = view.source({ from: 5_000 });
    equal(view.slowest, 10);
    await readSource(slow);
    equal(view.slowest, 5_000);
    await slow[Symbol.asyncDispose]();
    equal(idle, 0);
    await fast[Symbol.asyncDispose]();
    equal(view.slowest, Infinity);
    equal(idle, 1);
    await fast[Symbol.asyncDispose]();
    equal(idle, 1, "twice is fine");
  }));

Deno.test("LogView tells when its slowest reader comes, enters another file, and goes", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, waiting);
    appendUntil(log, 100 * KIB);
    const told: number[] = [];
    await using connected = await connectView(log, directory, {
      progressed: (offset) => told.push(offset),
    });
    const { view } = connected;
    const second = log.segments[1]!.firstOffset;
    const third = log.segments[2]!.firstOffset;
    const fast = view.source({ from: second + 10, follow: true });
    const slow = view.source({ from: 10, follow: true });
    deepEqual(told, [second + 10, 10]);
    await readSource(fast, 100 * KIB);
    deepEqual(told, [second + 10, 10]);
    // One read gives no more than what is left of a file.
    await readSource(slow, second);
    deepEqual(told.slice(2), [second]);
    await readSource(slow, 100 * KIB);
    const entered = told.slice(3);
    equal(entered[0], third);
    equal(entered.length, log.segments.length - 2);
    append(log, pattern(log.end, 10));
    await waitFor("the change", () => view.end === log.end);
    await readSource(slow, log.end);
    await readSource(fast, log.end);
    equal(told.length, 3 + entered.length, "within a file nothing is told");
    const { slowest } = view;
    view.restart(connected.changes[0] as LogSnapshot);
    equal(told.at(-1), slowest, "another writer knows nothing yet");
    equal(told.length, 4 + entered.length);
    await slow[Symbol.asyncDispose]();
    await fast[Symbol.asyncDispose]();
    equal(told.at(-1), Infinity);
  }));

Deno.test("OutputLog.follower() makes the log wait for readers of a view, and no byte is lost", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, waiting);
    using follower = log.follower();
    await using connected = await connectView(log, directory, {
      progressed: (offset) => follower.progress(offset),
    });
    const { signal } = new AbortController();
    const total = 8 << 20;
    await using source = connected.view.source({ follow: true });
    const writing = (async () => {
      // Small frames too: their headers fill most of a file.
      for (let length = 1; log.end < total; length = length * 7 % 40_009) {
        await log.room(signal);
        append(log, pattern(log.end, Math.min(length, total - log.end)));
      }
    })();
    await waitFor("the writer to wait", async () => !await isFree(log));
    ok(log.end < 1 << 20);
    let at = 0;
    while (at < total) {
      const { bytes, gaps, offset } = await readSource(source, at + 1);
      deepEqual(gaps, []);
      deepEqual(bytes, pattern(at, bytes.length));
      at = offset;
    }
    await writing;
  }));

Deno.test("OutputLog.follower() that has gone is waited for, but one that reads is asked", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, waiting);
    const first = log.follower();
    while (await isFree(log)) append(log, pattern(log.end, 30 * KIB));
    ok(log.end < 1 << 20);
    first[Symbol.dispose]();
    equal(await isFree(log), false, "it may come back");
    using second = log.follower();
    second.progress(log.end);
    equal(await isFree(log), true);
    second.progress(0);
    equal(await isFree(log), false);
    second.progress(Infinity);
    equal(await isFree(log), false, "others may come");
    log.stopWaiting();
    equal(await isFree(log), true);
  }));

/** True when the log has room now. */
async function isFree(log: OutputLog): Promise<boolean> {
  const stop = new AbortController();
  const room = log.room(stop.signal);
  const free = await Promise.race([
    room.then(() => true),
    new Promise<boolean>((go) => setImmediate(() => go(false))),
  ]);
  stop.abort();
  await room;
  return free;
}
