import type { Job } from "../../lib/api/job.ts";
import type { JobService } from "../../lib/api/job_service.ts";
import { waitFor } from "./wait_for.ts";

/**
 * Starts a shell script of steps that each print something. A step begins when all is read that the
 * one before has printed: nothing else makes the order of two streams certain.
 *
 * @returns the job, and what resolves with it at its end.
 */
export async function startInTurns(
  jobs: JobService,
  steps: readonly string[],
  { owner }: { owner: string },
): Promise<{ job: Job; done: Promise<Job> }> {
  const script = steps.join("\nread -r _\n");
  const job = await jobs.start(
    { command: "sh", args: ["-c", script], stdin: true },
    { owner },
  );
  return { job, done: takeTurns(jobs, job, steps.length) };
}

async function takeTurns(
  jobs: JobService,
  { id }: Job,
  steps: number,
): Promise<Job> {
  let read = 0;
  async function* turns() {
    for (let step = 1; step < steps; step++) {
      read = await waitFor(`step ${step} to print`, async () => {
        const { end } = (await jobs.get(id)).output;
        return end > read && end;
      });
      yield new TextEncoder().encode("\n");
    }
  }
  await jobs.input(id, turns());
  return await jobs.get(id, { wait: true });
}
