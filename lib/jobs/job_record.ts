import { join } from "node:path";
import { WorkerError } from "../api/errors.ts";
import type { Job } from "../api/job.ts";
import { isDiskFull } from "./disk_full.ts";
import { splitJob } from "./job_parts.ts";
import type { ProcessEnd } from "./process_end.ts";
import { problemOfRecord } from "./record_problem.ts";

/** What `jobs/<id>/job.json` holds. */
export interface JobRecord {
  version: 1;
  job: Job;
  /** The main process; null before it is started. */
  process: RecordedProcess | null;
  /** It waits for its turn or its time, and was not started yet. */
  queued?: boolean;
  /** What makes its start repeatable, see `StartOptions.key`. */
  startKey?: string;
  /** Why it is being stopped. */
  stopReason?: "stopped" | "timeout";
}

/** What it takes to find a process again: the next server may adopt it. */
export interface RecordedProcess {
  pid: number;
  /** Clock ticks after boot; with the boot id it names the process for good. Null at first. */
  startTime: number | null;
  bootId: string;
  /** The pipes of its output, as the kernel calls them, e.g. `pipe:[4711]`. */
  pipes?: { stdout: string; stderr: string };
  /** How it ended, once it has, while what it left behind is being ended. */
  end?: ProcessEnd;
}

/**
 * What changes of a record is padded to this, so that a later state overwrites the file where it is:
 * that needs no new block on a full disk, and one page is written whole or not at all when the
 * process dies.
 */
const PAGE_BYTES = 4096;

/** A record whose unchanging part is longer than this has its page for the other part alone. */
const LONG_BYTES = PAGE_BYTES / 2;

const encoder = new TextEncoder();

/** Writes a record, readable by its owner only. */
export function writeRecord(directory: string, record: JobRecord): void {
  const path = join(directory, "job.json");
  const { changing, fixed } = textOf(record);
  const rest = encoder.encode(fixed);
  const page = new Uint8Array(PAGE_BYTES).fill(0x20);
  if (rest.length <= LONG_BYTES) {
    const whole = encoder.encode(changing + fixed);
    if (whole.length > PAGE_BYTES) return replaceFile(path, whole);
    page.set(whole.subarray(0, -1));
    page[PAGE_BYTES - 1] = 0x0a;
    return writePage(path, page, { size: PAGE_BYTES });
  }
  const start = encoder.encode(changing);
  const size = PAGE_BYTES + rest.length;
  if (start.length <= PAGE_BYTES) page.set(start);
  if (start.length <= PAGE_BYTES && sizeOf(path) === size) {
    return writePage(path, page, { size });
  }
  const whole = new Uint8Array(Math.max(size, start.length + rest.length));
  whole.set(start.length <= PAGE_BYTES ? page : start);
  whole.set(rest, whole.length - rest.length);
  replaceFile(path, whole);
}

/** The text of a record in two parts: what stays the same from the creation of a job on is the second. */
function textOf({ job, ...others }: JobRecord) {
  const { identity, progress } = splitJob(job);
  const changing = JSON.stringify({ ...others, job: progress });
  return {
    changing: changing.slice(0, -2) + ",",
    fixed: JSON.stringify(identity).slice(1) + "}\n",
  };
}

function writePage(
  path: string,
  page: Uint8Array,
  { size }: { size: number },
): void {
  using file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
  file.writeSync(page);
  if (file.statSync().size > size) file.truncateSync(size);
}

function sizeOf(path: string): number | null {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function replaceFile(path: string, bytes: Uint8Array): void {
  Deno.writeFileSync(`${path}.new`, bytes, { mode: 0o600 });
  Deno.renameSync(`${path}.new`, path);
}

/**
 * Removes what a process left of a record that died while it wrote it: the next state of a job, or
 * the whole directory of one whose first record was never written, so that nothing was started.
 *
 * @returns true when the directory is gone.
 */
export function removePartialRecord(directory: string): boolean {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name);
  const isEmpty = (name: string) => {
    const { isFile, size } = Deno.lstatSync(join(directory, name));
    return isFile && size === 0;
  };
  const unborn = names.every((name) =>
    name === "job.json.new" || (name === "job.json" && isEmpty(name))
  );
  if (unborn) Deno.removeSync(directory, { recursive: true });
  else if (names.includes("job.json.new")) {
    Deno.removeSync(join(directory, "job.json.new"));
  }
  return unborn;
}

/** The record in a job's directory. @throws {Error} saying why there is none that can be used. */
export function readRecord(directory: string): JobRecord {
  const path = join(directory, "job.json");
  // What else may have the name could block, or lead somewhere else.
  if (!Deno.lstatSync(path).isFile) throw new Error("it is not a file");
  const record: unknown = JSON.parse(Deno.readTextFileSync(path));
  const problem = problemOfRecord(record);
  if (problem !== null) throw new Error(problem);
  return record as JobRecord;
}

/** Makes the directory and the first record of a job. @throws {WorkerError} `RESOURCE_EXHAUSTED` */
export function createRecord(directory: string, record: JobRecord): void {
  try {
    // The output in it is for the group, whom the folder above lets in or not.
    Deno.mkdirSync(directory, { mode: 0o750 });
    writeRecord(directory, record);
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    Deno.removeSync(directory, { recursive: true });
    throw new WorkerError(
      "RESOURCE_EXHAUSTED",
      "cannot start a job: the disk of the server's state directory is full",
      { cause },
    );
  }
}
