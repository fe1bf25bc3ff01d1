import { runCommand } from "../../tests/helpers/command.ts";
import { Api } from "../api.ts";
import { highest, mebibytes, residentBytes } from "../memory.ts";
import type { Row } from "../row.ts";
import { figure } from "../stats.ts";

const BYTES = 10 * 2 ** 30;
const CAP_BYTES = 256 * 2 ** 20;
const DISK_TARGET = 1.1;
/** "Flat": what a garbage collector moves up and down anyway. */
const GROWTH_TARGET_BYTES = 32 * 2 ** 20;

interface JobView {
  id: string;
  state: string;
  bytes: { stdout: number };
}

/** Retention at work: a job that prints forty times what may stay. */
export const bigOutput: Row = {
  name: "big_output",
  what: "a 10 GiB output with a 256 MiB cap",
  target: "disk ≤ cap + 10 %, memory flat",
  async measure({ worker }) {
    using api = new Api(worker);
    const base = residentBytes(worker.pid);
    const started = performance.now();
    const { id } = await api.json<JobView>("/v1/jobs", {
      command: "head",
      args: ["-c", "10G", "/dev/zero"],
      limits: { output: "256M" },
    });
    const ended = api.json<JobView>(`/v1/jobs/${id}?wait=true`);
    const [memory, disk] = await Promise.all([
      highest(() => residentBytes(worker.pid), ended),
      highest(() => diskBytes(`${worker.stateDir}/jobs/${id}`), ended),
    ]);
    const { state, bytes } = await ended;
    const seconds = (performance.now() - started) / 1000;
    if (state !== "succeeded" || bytes.stdout !== BYTES) {
      throw new Error(`the job ${state} after ${bytes.stdout} bytes`);
    }
    const grown = memory - base;
    return {
      measured: `disk ${figure(disk / CAP_BYTES)} × the cap, memory grows ${
        mebibytes(grown)
      }`,
      met: disk <= CAP_BYTES * DISK_TARGET && grown <= GROWTH_TARGET_BYTES,
      details: [
        `most on disk at any time: ${mebibytes(disk)}`,
        `resident before: ${mebibytes(base)}, highest: ${mebibytes(memory)}`,
        `written in ${figure(seconds)} s, ${mebibytes(BYTES / seconds)}/s`,
      ],
    };
  },
};

async function diskBytes(folder: string): Promise<number> {
  // du fails on a segment that retention removes under its eyes, and counts the others.
  const { stdout } = await runCommand(["du", "-sB1", folder]);
  return Number(/^\d+/.exec(stdout)?.[0] ?? 0);
}
