import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { type ControlRecord, FrameDecoder } from "../../lib/api/frame.ts";
import { OutputLog } from "../../lib/jobs/output_log.ts";
import { MAX_STORED_FRAME_BYTES } from "../../lib/jobs/stored_frame.ts";
import { sha256 } from "../helpers/digest.ts";
import { concat } from "../helpers/jobs.ts";
import {
  append,
  fillDisk,
  KIB,
  pattern,
  withDirectory,
} from "./output_fixtures.ts";

function read(log: OutputLog, from = 0) {
  const pieces: Uint8Array[] = [];
  const control: ControlRecord[] = [];
  const decoder = new FrameDecoder({
    output: (piece) => pieces.push(piece.slice()),
    control: (record) => control.push(record),
  });
  const buffer = new Uint8Array(2 * MAX_STORED_FRAME_BYTES);
  using cursor = log.cursor(from);
  while (cursor.hasData) decoder.push(buffer.subarray(0, cursor.read(buffer)));
  const gaps = control.flatMap((
    record,
  ) => (record.type === "gap" ? [record] : []));
  return { bytes: concat(pieces), gaps, end: decoder.offset };
}

const NONE = { stdout: 0, stderr: 0 };
const options = { cap: 1 << 20, checksum: true, overflow: "drop" } as const;

Deno.test("OutputLog gives back from every offset what was appended", () =>
  withDirectory((directory) => {
    using log = OutputLog.create(directory, options);
    let offset = 0;
    for (const length of [1, 10, 100, 5_000, 1, 64 * KIB, 3]) {
      append(log, pattern(offset, length));
      offset += length;
    }
    const whole = pattern(0, offset);
    for (
      const from of [
        0,
        1,
        5,
        11,
        111,
        5_110,
        5_111,
        5_112,
        5_113,
        40_000,
        offset - 1,
        offset,
      ]
    ) {
      const { bytes, gaps, end } = read(log, from);
      deepEqual(bytes, whole.subarray(from), `from ${from}`);
      deepEqual(gaps, []);
      equal(end, offset);
    }
  }));

Deno.test("OutputLog keeps head and tail within the cap and tells the gap", () =>
  withDirectory((directory) => {
    const cap = 256 * KIB;
    using log = OutputLog.create(directory, { ...options, cap });
    const total = 3 * 2 ** 20;
    for (let offset = 0; offset < total; offset += 1_000) {
      append(log, pattern(offset, 1_000));
    }
    const end = log.end;
    let onDisk = 0;
    for (const { name } of Deno.readDirSync(directory)) {
      onDisk += Deno.statSync(join(directory, name)).size;
    }
    ok(onDisk <= cap, `${onDisk} bytes on disk`);
    const { bytes, gaps } = read(log);
    equal(gaps.length, 1);
    const { from, to } = gaps[0]!;
    deepEqual(bytes, concat([pattern(0, from), pattern(to, end - to)]));
    ok(from >= cap / 8, "the head is there");
    ok(end - to >= cap / 2, "most of the cap is tail");
    deepEqual(read(log, from + 5).gaps[0], { type: "gap", from: from + 5, to });
    equal(log.bytes.stdout, end);
  }));

Deno.test("OutputLog cuts frames to fit a small cap", () =>
  withDirectory((directory) => {
    using log = OutputLog.create(directory, { ...options, cap: 64 * KIB });
    append(log, pattern(0, 20 * KIB));
    deepEqual(read(log).bytes, pattern(0, 20 * KIB));
  }));

Deno.test("OutputLog.resume() ends a torn frame where its bytes end, and goes on there", () =>
  withDirectory(async (directory) => {
    {
      using log = OutputLog.create(directory, options);
      append(log, pattern(0, 1_000));
      append(log, pattern(1_000, 500));
      log.finish();
    }
    const path = join(directory, [...Deno.readDirSync(directory)][0]!.name);
    const whole = Deno.readFileSync(path);
    for (const torn of [0, 1, 499, 500, 501, 515]) {
      Deno.removeSync(directory, { recursive: true });
      Deno.mkdirSync(directory);
      Deno.writeFileSync(path, whole.subarray(0, whole.length - torn));
      const kept = 1_500 - Math.min(torn, 500);
      using log = OutputLog.resume(directory, { ...options, bytes: NONE });
      equal(log.end, kept, `torn by ${torn}`);
      append(log, pattern(kept, 100));
      deepEqual(read(log).bytes, pattern(0, kept + 100));
      deepEqual(read(log).gaps, []);
      const { stdout } = log.finish();
      equal(stdout, await sha256(pattern(0, kept + 100).slice()));
    }
  }));

Deno.test("OutputLog.resume() counts on from what was on record, though the middle is gone", () =>
  withDirectory((directory) => {
    let known = NONE;
    {
      using log = OutputLog.create(directory, {
        ...options,
        cap: 64 * KIB,
        milestone: () => {
          known = { ...log.bytes };
        },
      });
      for (let i = 0; i < 300; i++) {
        append(log, pattern(log.end, 500));
        append(log, pattern(log.end, 501), "stderr");
      }
      log.finish();
    }
    const saved = known.stdout + known.stderr;
    ok(saved > 200_000 && saved < 300_300, `${saved}`);
    using log = OutputLog.resume(directory, { ...options, bytes: known });
    deepEqual(log.bytes, { stdout: 150_000, stderr: 150_300 });
    deepEqual(log.finish(), { stdout: null, stderr: null });
  }));

Deno.test("OutputLog.open() shows a gap at the end when the last bytes were not stored", () =>
  withDirectory((directory) => {
    {
      using log = OutputLog.create(directory, options);
      append(log, pattern(0, 1_000));
      log.finish();
    }
    using log = OutputLog.open(directory, { stdout: 1_500, stderr: 0 });
    deepEqual(read(log), {
      bytes: pattern(0, 1_000),
      gaps: [{ type: "gap", from: 1_000, to: 1_500 }],
      end: 1_500,
    });
  }));

Deno.test("OutputLog.finish() gives the SHA-256 of each stream", async () => {
  await withDirectory(async (directory) => {
    using log = OutputLog.create(directory, options);
    append(log, pattern(0, 100));
    append(log, pattern(7, 50), "stderr");
    append(log, pattern(100, 100));
    deepEqual(log.finish(), {
      stdout: await sha256(pattern(0, 200).slice()),
      stderr: await sha256(pattern(7, 50).slice()),
    });
    deepEqual(log.bytes, { stdout: 200, stderr: 50 });
  });
});

Deno.test("OutputLog.room() waits for the follower that has not read, and for it only", () =>
  withDirectory(async (directory) => {
    using log = OutputLog.create(directory, {
      ...options,
      cap: 4 << 20,
      overflow: "wait",
    });
    const cursor = log.cursor(0);
    const signal = new AbortController().signal;
    const buffer = new Uint8Array(2 * MAX_STORED_FRAME_BYTES);
    let appended = 0;
    const fill = async () => {
      while (true) {
        const room = log.room(signal).then(() => true);
        // A room that is free resolves before any timer.
        const free = await Promise.race([
          room,
          new Promise((go) => setTimeout(go, 0, false)),
        ]);
        if (!free) return { room };
        append(log, pattern(appended, 60 * KIB));
        appended += 60 * KIB;
        if (appended > 64 << 20) throw new Error("it never waits");
      }
    };
    const room = await fill();
    const decoder = new FrameDecoder({ output: () => {}, control: () => {} });
    const blockedAt = appended;
    ok(blockedAt <= 4 << 20);
    while (cursor.hasData) {
      decoder.push(buffer.subarray(0, cursor.read(buffer)));
    }
    await room.room;
    equal(decoder.offset, appended);
    cursor[Symbol.dispose]();
  }));

Deno.test("OutputLog goes on behind a gap when the disk was full", () =>
  withDirectory((directory) => {
    using log = OutputLog.create(directory, options);
    append(log, pattern(0, 1_000));
    fillDisk({ room: 600 }, () => append(log, pattern(1_000, 1_000)));
    append(log, pattern(2_000, 1_000));
    const { bytes, gaps } = read(log);
    deepEqual(gaps, [{ type: "gap", from: 1_600, to: 2_000 }]);
    deepEqual(bytes, concat([pattern(0, 1_600), pattern(2_000, 1_000)]));
    equal(log.bytes.stdout, 3_000);
  }));

Deno.test("OutputLog.resume() knows what a full disk had no room for before its writer died", () =>
  withDirectory((directory) => {
    let known = NONE;
    {
      using log = OutputLog.create(directory, {
        ...options,
        milestone: () => {
          known = { ...log.bytes };
        },
      });
      append(log, pattern(0, 1_000));
      fillDisk({ room: 600 }, () => append(log, pattern(1_000, 1_000)));
    }
    using log = OutputLog.resume(directory, { ...options, bytes: known });
    equal(log.end, 2_000);
    append(log, pattern(2_000, 1_000));
    const { bytes, gaps } = read(log);
    deepEqual(gaps, [{ type: "gap", from: 1_600, to: 2_000 }]);
    deepEqual(bytes, concat([pattern(0, 1_600), pattern(2_000, 1_000)]));
  }));
