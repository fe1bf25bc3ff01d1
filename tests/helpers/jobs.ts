import { join } from "node:path";
import { type EndRecord, FrameDecoder } from "../../lib/api/frame.ts";
import type { JobService, OutputOptions } from "../../lib/api/job_service.ts";
import {
  JobSupervisor,
  type JobSupervisorOptions,
  watchOutput,
} from "../../lib/jobs/mod.ts";

/** A supervisor in a directory of its own; both are gone when it is disposed. */
export async function temporarySupervisor(
  options: Partial<JobSupervisorOptions> = {},
): Promise<{ jobs: JobSupervisor; directory: string } & AsyncDisposable> {
  const root = await Deno.makeTempDir({ prefix: "worker-jobs-" });
  const directory = join(root, "jobs");
  const jobs = new JobSupervisor({ directory, ...options });
  return {
    jobs,
    directory,
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]();
      await Deno.remove(root, { recursive: true });
    },
  };
}

/** What a follower saw of a job. */
export interface Seen {
  stdout: Uint8Array;
  stderr: Uint8Array;
  gaps: { from: number; to: number }[];
  end: EndRecord | null;
}

/** Follows a job to its end. */
export async function readAll(
  jobs: JobService,
  id: string,
  from = 0,
): Promise<Seen> {
  const pieces = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const seen: Pick<Seen, "gaps" | "end"> = { gaps: [], end: null };
  await using watch = watchOutput(jobs, id, {
    from,
    output: (piece, { stream }) => void pieces[stream].push(piece.slice()),
    gap: ({ from, to }) => void seen.gaps.push({ from, to }),
    end: (end) => {
      seen.end = end;
    },
  });
  await watch.done;
  return {
    ...seen,
    stdout: concat(pieces.stdout),
    stderr: concat(pieces.stderr),
  };
}

/** Text that a job has printed so far, both streams as they came. */
export async function readText(
  jobs: JobService,
  id: string,
  options: OutputOptions = {},
): Promise<string> {
  const pieces: Uint8Array[] = [];
  const decoder = new FrameDecoder({
    output: (piece) => pieces.push(piece.slice()),
    control: () => {},
  });
  await using source = await jobs.output(id, options);
  const buffer = new Uint8Array(1 << 18);
  while (await source.ready()) {
    decoder.push(buffer.subarray(0, source.read(buffer)));
  }
  return new TextDecoder().decode(concat(pieces));
}

export function concat(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Polls until `condition` holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { timeoutMs = 60_000, what = "the condition" } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!await condition()) {
    if (Date.now() > deadline) {
      throw new Error(`${what} did not come about in ${timeoutMs} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** True while there is a process, zombies aside. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
