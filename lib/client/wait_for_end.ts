import type { Job } from "../api/job.ts";
import type { JobService, WaitOptions } from "../api/job_service.ts";
import { delay } from "./delay.ts";
import { Patience, type PatienceOptions } from "./patience.ts";

/**
 * The job at its end. Waits on through broken connections, but not when the first request fails.
 *
 * @throws {WorkerError} what the server refuses, or the connection's error in the end.
 */
export async function waitForEnd(
  jobs: Pick<JobService, "get">,
  id: string,
  options: WaitOptions & { patience?: PatienceOptions } = {},
): Promise<Job> {
  const { signal, patience: limits } = options;
  const given = signal ? { signal } : {};
  const job = await jobs.get(id, given);
  if (job.exit !== null) return job;
  const patience = new Patience(limits);
  for (;;) {
    let pause: number;
    try {
      return await jobs.get(id, { wait: true, ...given });
    } catch (error) {
      signal?.throwIfAborted();
      pause = patience.failed(error);
    }
    await delay(pause, signal);
    try {
      // A plain request tells whether the server is back, however long the job goes on.
      await jobs.get(id, given);
      patience.succeeded();
    } catch (error) {
      signal?.throwIfAborted();
      await delay(patience.failed(error), signal);
    }
  }
}
