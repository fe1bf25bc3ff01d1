import type { Job } from "../../lib/api/job.ts";
import { JobSpecSchema } from "../../lib/api/job_schema.ts";

/** A whole job that ended well, for tests that need one; `changes` win. */
export function exampleJob(changes: Partial<Job> = {}): Job {
  return {
    ...JobSpecSchema.parse({ command: "echo", args: ["hi there"] }),
    id: "01k9zq4t3v8m2c7x5n0b6d1f2g",
    owner: "alice",
    node: "host-1",
    state: "succeeded",
    pid: 7,
    createdAt: "2026-11-21T09:00:00.000Z",
    startedAt: "2026-11-21T09:00:00.010Z",
    endedAt: "2026-11-21T09:00:01.000Z",
    exit: { code: 0, signal: null, reason: "exited", detail: null },
    output: { start: 0, end: 3 },
    bytes: { stdout: 3, stderr: 0 },
    sha256: { stdout: null, stderr: null },
    leftovers: [],
    paused: false,
    usage: null,
    ...changes,
  };
}
