import { deepEqual, equal, ok } from "node:assert/strict";
import type { EndRecord } from "../../lib/api/frame.ts";
import { watchLog } from "../../lib/jobs/log_change.ts";
import { OutputLog } from "../../lib/jobs/output_log.ts";
import type { WorkerReport } from "./log_view_worker.ts";
import { append, END, pattern, withDirectory } from "./output_fixtures.ts";

/** Writes as fast as it can for a thread that reads; what that has seen at the end. */
async function writeFor(
  directory: string,
  { cap, total }: { cap: number; total: number },
): Promise<WorkerReport> {
  using log = OutputLog.create(directory, {
    cap,
    checksum: false,
    overflow: "drop",
  });
  const worker = new Worker(new URL("./log_view_worker.ts", import.meta.url), {
    type: "module",
  });
  const reported = new Promise<WorkerReport>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  let end: EndRecord | null = null;
  const { signal } = new AbortController();
  const telling = (async () => {
    worker.postMessage({ directory });
    for await (const change of watchLog({ log, end: () => end }, { signal })) {
      worker.postMessage(JSON.stringify(change));
    }
  })();
  try {
    const piece = pattern(0, 65_536 * 2);
    while (log.end < total) {
      // The pattern comes again after 65,536 bytes.
      const at = log.end % 65_536;
      append(log, piece.subarray(at, at + 1 + (log.end * 7) % 60_000));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    log.finish();
    end = END;
    log.changed.notify();
    await telling;
    const report = await reported;
    equal(report.offset, log.end);
    return report;
  } finally {
    worker.terminate();
  }
}

Deno.test("LogView in another thread gives every byte that is there, at full speed", () =>
  withDirectory(async (directory) => {
    const { wrongAt, gaps, missing } = await writeFor(directory, {
      cap: 256 << 20,
      total: 64 << 20,
    });
    deepEqual({ wrongAt, gaps, missing }, { wrongAt: -1, gaps: 0, missing: 0 });
  }));

Deno.test("LogView in another thread tells gaps where files go while it reads them", () =>
  withDirectory(async (directory) => {
    const total = 64 << 20;
    const { wrongAt, gaps, bytes, missing, offset } = await writeFor(
      directory,
      { cap: 256 * 1024, total },
    );
    equal(wrongAt, -1);
    ok(gaps > 0);
    equal(bytes + missing, offset);
  }));
