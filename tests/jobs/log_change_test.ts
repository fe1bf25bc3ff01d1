import { deepEqual, equal, ok } from "node:assert/strict";
import type { EndRecord } from "../../lib/api/frame.ts";
import { type LogChange, watchLog } from "../../lib/jobs/log_change.ts";
import { OutputLog } from "../../lib/jobs/output_log.ts";
import {
  append,
  appendUntil,
  END,
  KIB,
  pattern,
  withDirectory,
} from "./output_fixtures.ts";

const options = { cap: 256 * KIB, checksum: false, overflow: "drop" } as const;

/** A watch, and the way to end its job or to give it up. */
function watch(log: OutputLog) {
  const stop = new AbortController();
  let end: EndRecord | null = null;
  const changes = watchLog({ log, end: () => end }, { signal: stop.signal })
    [Symbol.asyncIterator]();
  return {
    next: async () => (await changes.next()).value as LogChange | undefined,
    stop: () => stop.abort(),
    finish() {
      log.finish();
      end = END;
      log.changed.notify();
    },
  };
}

Deno.test("watchLog() gives a snapshot, then one change for all of a turn", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    append(log, pattern(0, 100));
    const { next, stop } = watch(log);
    deepEqual(await next(), {
      type: "snapshot",
      end: 100,
      segments: [[0, 116]],
      waits: false,
      final: null,
    });
    const change = next();
    for (let i = 0; i < 10; i++) append(log, pattern(log.end, 10));
    deepEqual(await change, {
      type: "delta",
      end: 200,
      segments: [[0, 116 + 260]],
      removed: [],
      final: null,
    });
    stop();
    equal(await next(), undefined);
  }));

Deno.test("watchLog() tells in one change what happened while nobody took it", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    appendUntil(log, 20 * KIB);
    const { next, stop } = watch(log);
    await next();
    const before = log.segments.map(({ firstOffset }) => firstOffset);
    appendUntil(log, 4 << 20);
    const change = await next();
    ok(change?.type === "delta");
    equal(change.end, 4 << 20);
    const kept = log.segments.map(({ firstOffset, fileBytes }) => [
      firstOffset,
      fileBytes,
    ]);
    // The head was told before, but for its last part, which has grown since.
    deepEqual(change.segments, kept.slice(before.length - 1));
    deepEqual(change.removed, []);
    appendUntil(log, log.end + 64 * KIB);
    const later = await next();
    ok(later?.type === "delta");
    const gone = change.segments.map(([first]) => first).filter((first) =>
      !log.segments.some(({ firstOffset }) => firstOffset === first)
    );
    ok(gone.length > 0);
    deepEqual(later.removed, gone);
    append(log, pattern(0, 10));
    const last = await next();
    ok(last?.type === "delta");
    deepEqual(last.removed.filter((first) => gone.includes(first)), []);
    stop();
    equal(await next(), undefined);
  }));

Deno.test("watchLog() ends with the last output and the end of the job", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    const { next, finish } = watch(log);
    await next();
    append(log, pattern(0, 10));
    finish();
    deepEqual(await next(), {
      type: "delta",
      end: 10,
      segments: [[0, 26]],
      removed: [],
      final: END,
    });
    equal(await next(), undefined);
  }));

Deno.test("watchLog() gives a job that is final in one change", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    const { next, finish } = watch(log);
    finish();
    deepEqual(await next(), {
      type: "snapshot",
      end: 0,
      segments: [],
      waits: false,
      final: END,
    });
    equal(await next(), undefined);
  }));

Deno.test("watchLog() ends while it waits when its signal is aborted", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    const { next, stop } = watch(log);
    await next();
    const change = next();
    stop();
    equal(await change, undefined);
  }));
