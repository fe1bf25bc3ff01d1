import { WorkerError } from "../api/errors.ts";
import type { EndRecord, OutputStream } from "../api/frame.ts";
import type { Job } from "../api/job.ts";
import type { FollowReader } from "./follow.ts";
import { LineSplitter } from "./lines.ts";
import { checkTotals } from "./totals.ts";

type OutputRecord = {
  type: "output";
  offset: number;
  stream: OutputStream;
  data: string;
  encoding?: "base64";
};

type NdjsonRecord =
  | OutputRecord
  | { type: "gap"; from: number; to: number }
  | { type: "job" } & Job
  | EndRecord;

export interface NdjsonReaderOptions {
  /** Takes whole lines, with their newlines, as the server sent them. */
  lines(bytes: Uint8Array): Promise<void>;
  job?(job: Job): void;
  /** The output is not read from its first byte to its last: totals are not checked. */
  partial?: boolean;
}

/** Passes NDJSON records through, a whole line at a time, and keeps the offset to resume from. */
export class NdjsonReader implements FollowReader {
  offset: number | null = null;
  end: EndRecord | null = null;
  readonly #options: NdjsonReaderOptions;
  readonly #seen = { stdout: 0, stderr: 0 };
  #whole: boolean;
  #splitter = new LineSplitter();

  constructor(options: NdjsonReaderOptions) {
    this.#options = options;
    this.#whole = options.partial !== true;
  }

  get atBoundary(): boolean {
    return this.#splitter.atBoundary;
  }

  restart(): void {
    this.#splitter = new LineSplitter();
  }

  async push(bytes: Uint8Array): Promise<void> {
    for (const line of this.#splitter.push(bytes)) {
      const record = parseRecord(line);
      this.#note(record);
      await this.#options.lines(line);
      if (record.type === "job") this.#options.job?.(record);
      if (record.type === "end") {
        if (this.#whole) checkTotals(record, this.#seen);
        this.end = record;
      }
    }
  }

  #note(record: NdjsonRecord): void {
    if (record.type === "output") {
      const length = byteLength(record);
      this.offset = record.offset + length;
      this.#seen[record.stream] += length;
    } else if (record.type === "gap") {
      this.offset = record.to;
      this.#whole = false;
    }
  }
}

function parseRecord(line: Uint8Array): NdjsonRecord {
  const text = new TextDecoder().decode(line);
  try {
    return JSON.parse(text) as NdjsonRecord;
  } catch (cause) {
    throw new WorkerError(
      "INTERNAL",
      "the server's output is not NDJSON",
      { cause },
    );
  }
}

function byteLength({ data, encoding }: OutputRecord): number {
  if (encoding !== "base64") return new TextEncoder().encode(data).length;
  const padding = /=*$/.exec(data)![0].length;
  return data.length / 4 * 3 - padding;
}
