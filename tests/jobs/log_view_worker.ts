/**
 * Reads a log through a view, in a thread of its own, while the main thread writes it: takes
 * changes as JSON, and answers with what it has seen once the job is final.
 */
/// <reference lib="deno.worker" />
import { LogView } from "../../lib/jobs/log_view.ts";
import type { LogChange } from "../../lib/jobs/log_change.ts";
import { patternAt, readSource } from "./output_fixtures.ts";

/** What the thread has seen. */
export interface WorkerReport {
  /** Bytes that were given. */
  bytes: number;
  /** Bytes that were told to be missing. */
  missing: number;
  gaps: number;
  /** Offset of the first byte that was not what was written there; -1 when all were. */
  wrongAt: number;
  /** Logical offset at the end. */
  offset: number;
}

let directory = "";
let view: LogView | null = null;

self.onmessage = ({ data }: MessageEvent<{ directory: string } | string>) => {
  if (typeof data !== "string") {
    directory = data.directory;
    return;
  }
  const change = JSON.parse(data) as LogChange;
  if (view) return view.apply(change);
  if (change.type === "delta") throw new Error("a watch begins anew");
  view = new LogView(directory, change);
  read(view);
};

async function read(view: LogView): Promise<void> {
  const report: WorkerReport = {
    bytes: 0,
    missing: 0,
    gaps: 0,
    wrongAt: -1,
    offset: 0,
  };
  await using source = view.source({ follow: true });
  for (let ended = false; !ended;) {
    const { bytes, gaps, end, offset } = await readSource(
      source,
      report.offset + 1,
    );
    let at = report.offset;
    let taken = 0;
    for (const gap of [...gaps, { from: offset, to: offset }]) {
      for (; at < gap.from; at++) {
        if (bytes[taken++] !== patternAt(at) && report.wrongAt < 0) {
          report.wrongAt = at;
        }
      }
      report.missing += gap.to - gap.from;
      at = gap.to;
    }
    report.bytes += taken;
    report.gaps += gaps.length;
    report.offset = offset;
    ended = end !== null;
  }
  self.postMessage(report);
}
