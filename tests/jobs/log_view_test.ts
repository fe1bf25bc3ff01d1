import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { WorkerError } from "../../lib/api/errors.ts";
import type { EndRecord } from "../../lib/api/frame.ts";
import type { LogSnapshot } from "../../lib/jobs/log_change.ts";
import { OutputLog } from "../../lib/jobs/output_log.ts";
import { concat } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import {
  append,
  appendUntil,
  connectView,
  END,
  fillDisk,
  KIB,
  pattern,
  readSource,
  withDirectory,
} from "./output_fixtures.ts";

const options = { cap: 256 * KIB, checksum: false, overflow: "drop" } as const;

/** Files of a directory that this process has open. */
function openFiles(directory: string): number {
  let count = 0;
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      const path = Deno.readLinkSync(`/proc/self/fd/${name}`);
      if (path.startsWith(directory)) count++;
    } catch {
      // The one that lists them.
    }
  }
  return count;
}

Deno.test("LogView gives what the log has, from an offset, a number of lines or of one stream", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    const text = (line: string) => new TextEncoder().encode(line);
    append(log, text("one\ntwo\n"));
    append(log, text("oops\n"), "stderr");
    append(log, text("three\n"));
    log.finish();
    await using connected = await connectView(log, directory, {
      end: () => END,
    });
    const read = async (options: Parameters<typeof view.source>[0]) => {
      await using source = view.source(options);
      const { bytes, end } = await readSource(source);
      deepEqual(end, END);
      return new TextDecoder().decode(bytes);
    };
    const { view } = connected;
    equal(await read({}), "one\ntwo\noops\nthree\n");
    equal(await read({ from: 5 }), "wo\noops\nthree\n");
    equal(await read({ from: 5, follow: true }), "wo\noops\nthree\n");
    equal(await read({ tail: 2 }), "oops\nthree\n");
    equal(await read({ stream: "stderr" }), "oops\n");
    equal(openFiles(directory), 0);
  }));

Deno.test("LogView.source() follows the log to the end of the job", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, { ...options, cap: 16 << 20 });
    let end: EndRecord | null = null;
    await using connected = await connectView(log, directory, {
      end: () => end,
    });
    await using source = connected.view.source({ follow: true });
    const received = readSource(source);
    for (let round = 1; round <= 20; round++) {
      appendUntil(log, round * 77_777, 5_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    log.finish();
    end = END;
    log.changed.notify();
    const { bytes, gaps, end: last } = await received;
    deepEqual(bytes, pattern(0, 20 * 77_777));
    deepEqual({ gaps, last }, { gaps: [], last: END });
  }));

Deno.test("LogView.source() without following ends where the log ended when it was opened", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    append(log, pattern(0, 1_000));
    await using connected = await connectView(log, directory);
    await using source = connected.view.source({});
    append(log, pattern(1_000, 1_000));
    await waitFor("the change", () => connected.view.end === 2_000);
    deepEqual((await readSource(source)).bytes.length, 2_000);
    await using later = connected.view.source({ from: 2_000 });
    deepEqual((await readSource(later)).end, null);
  }));

Deno.test("LogView tells one gap where files were removed that it knows nothing of yet", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    appendUntil(log, 200 * KIB);
    const connected = await connectView(log, directory);
    await connected.disconnect();
    const { view } = connected;
    const end = view.end;
    appendUntil(log, 280 * KIB);
    const gone = view.segments.filter(({ firstOffset }) =>
      !log.segments.some((kept) => kept.firstOffset === firstOffset)
    );
    ok(gone.length > 1);
    const from = gone[0]!.firstOffset;
    const to = view.segments[view.segments.indexOf(gone.at(-1)!) + 1]!
      .firstOffset;
    {
      await using source = view.source({});
      const { bytes, gaps } = await readSource(source);
      deepEqual(gaps, [{ from, to }]);
      deepEqual(bytes, concat([pattern(0, from), pattern(to, end - to)]));
      await using tail = view.source({ tail: 1e9 });
      equal((await readSource(tail)).from, 0);
    }
    await using source = view.source({ from: from + 5 });
    deepEqual((await readSource(source)).gaps, [{ from: from + 5, to }]);
    view[Symbol.dispose]();
  }));

Deno.test("LogView tells a gap to a reader whose file is removed under it", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    appendUntil(log, 200 * KIB, 100);
    await using connected = await connectView(log, directory);
    const { view } = connected;
    const from = log.segments[10]!.firstOffset;
    await using source = view.source({ from, follow: true });
    // As much as a buffer takes, which ends within another file.
    const first = await readSource(source, from + 1);
    equal(openFiles(directory), 2);
    appendUntil(log, 1 << 20);
    await waitFor("the change", () => view.end === 1 << 20);
    equal(openFiles(directory), 1);
    const rest = await readSource(source, 1 << 20);
    equal(rest.gaps.length, 1);
    const { from: lost, to } = rest.gaps[0]!;
    equal(lost, first.offset);
    deepEqual(
      concat([first.bytes, rest.bytes]),
      concat([pattern(from, lost - from), pattern(to, (1 << 20) - to)]),
    );
  }));

Deno.test("LogView tells a gap where the files are gone altogether", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    appendUntil(log, 20 * KIB);
    log.finish();
    await using connected = await connectView(log, directory, {
      end: () => END,
    });
    Deno.removeSync(directory, { recursive: true });
    await using source = connected.view.source({ from: 10 });
    const { bytes, gaps, end } = await readSource(source);
    deepEqual({ gaps, end }, {
      gaps: [{ from: 10, to: 20 * KIB }],
      end: END,
    });
    equal(bytes.length, 0);
  }));

Deno.test("LogView tells a gap and goes on where a file holds less than it should", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    appendUntil(log, 40 * KIB);
    await using connected = await connectView(log, directory);
    const [damaged, next] = connected.view.segments;
    Deno.truncateSync(damaged!.path, 1_016 + 500);
    for (const from of [0, 900, 1_000, 1_500, 2_500]) {
      await using source = connected.view.source({ from });
      const { bytes, gaps } = await readSource(source);
      const lost = Math.max(from, 1_000);
      const to = next!.firstOffset;
      deepEqual(gaps, [{ from: lost, to }], `from ${from}`);
      deepEqual(
        bytes,
        concat([pattern(from, lost - from), pattern(to, 40 * KIB - to)]),
      );
    }
  }));

Deno.test("LogView.restart() lets readers go on where they are", () =>
  withDirectory(async (directory) => {
    using before = OutputLog.create(directory, options);
    appendUntil(before, 100 * KIB);
    const connected = await connectView(before, directory);
    const { view } = connected;
    await using source = view.source({ follow: true });
    const first = await readSource(source, 100 * KIB);
    await connected.disconnect();
    appendUntil(before, 150 * KIB);
    before.finish();
    using after = OutputLog.open(directory, before.bytes);
    await using another = await connectView(after, directory, {
      end: () => END,
    });
    view.restart(another.changes[0] as LogSnapshot);
    const second = await readSource(source);
    deepEqual(second.end, END);
    deepEqual(concat([first.bytes, second.bytes]), pattern(0, 150 * KIB));
    deepEqual([...first.gaps, ...second.gaps], []);
    view[Symbol.dispose]();
  }));

Deno.test("LogView.restart() tells a gap to a reader whose file is not there any more", () =>
  withDirectory(async (directory) => {
    using before = OutputLog.create(directory, options);
    appendUntil(before, 200 * KIB);
    before.finish();
    const connected = await connectView(before, directory);
    await connected.disconnect();
    const { view } = connected;
    const [, , third, lost, next] = view.segments.map((each) =>
      each.firstOffset
    );
    await using holder = view.source({ from: lost!, follow: true });
    await readSource(holder, lost! + 1);
    await using source = view.source({ from: third!, follow: true });
    await readSource(source, lost);
    equal(openFiles(directory), 2);
    const snapshot = connected.changes[0] as LogSnapshot;
    view.restart({
      ...snapshot,
      segments: snapshot.segments.filter(([first]) => first !== lost),
    });
    equal(openFiles(directory), 1);
    const { bytes, gaps } = await readSource(source, 200 * KIB);
    deepEqual(gaps, [{ from: lost, to: next }]);
    deepEqual(bytes, pattern(next!, 200 * KIB - next!));
    view[Symbol.dispose]();
  }));

Deno.test("LogView.fail() gives readers what there is, then the error", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    append(log, pattern(0, 1_000));
    await using connected = await connectView(log, directory);
    await using source = connected.view.source({ follow: true });
    await using waiting = connected.view.source({ from: 1_000, follow: true });
    await readSource(waiting, 1_000);
    const waits = rejects(waiting.ready(), /the job is gone/);
    connected.view.fail(new WorkerError("NOT_FOUND", "the job is gone"));
    await waits;
    deepEqual((await readSource(source, 1_000)).bytes, pattern(0, 1_000));
    await rejects(source.ready(), /the job is gone/);
  }));

Deno.test("LogView ends its readers when it is disposed, those that wait too", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    append(log, pattern(0, 1_000));
    await using connected = await connectView(log, directory);
    await using source = connected.view.source({ follow: true });
    await readSource(source, 1_000);
    const ready = source.ready();
    equal(openFiles(directory), 2);
    connected.view[Symbol.dispose]();
    equal(await ready, false);
    equal(openFiles(directory), 1);
    await rejects(
      async () => await connected.view.source({}).ready(),
      /the view is closed/,
    );
  }));

Deno.test("LogView shows the gap of a full disk", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    await using connected = await connectView(log, directory);
    append(log, pattern(0, 1_000));
    fillDisk({ room: 0 }, () => append(log, pattern(1_000, 1_000)));
    await waitFor("the change", () => connected.view.end === 2_000);
    await using source = connected.view.source({ follow: true });
    const first = await readSource(source, 2_000);
    deepEqual(first.bytes, pattern(0, 1_000));
    deepEqual(first.gaps, [{ from: 1_000, to: 2_000 }]);
    append(log, pattern(2_000, 1_000));
    const second = await readSource(source, 3_000);
    deepEqual(second.bytes, pattern(2_000, 1_000));
    deepEqual(second.gaps, []);
  }));
