import type { Job } from "../api/job.ts";
import type { JobService, WaitOptions } from "../api/job_service.ts";
import { delay } from "./delay.ts";
import { Patience, type PatienceOptions } from "./patience.ts";

/** Options of {@linkcode waitForEnd}. */
export interface WaitForEndOptions extends WaitOptions {
  patience?: PatienceOptions;
  /**
   * Milliseconds that one request waits: a peer that is gone without a word is asked again then.
   * @default {60_000}
   */
  askAgainMs?: number;
}

/**
 * The job at its end. Waits on through broken connections, but not when the first request fails.
 *
 * @throws {WorkerError} what the server refuses, or the connection's error in the end.
 */
export async function waitForEnd(
  jobs: Pick<JobService, "get">,
  id: string,
  options: WaitForEndOptions = {},
): Promise<Job> {
  const { signal, patience: limits, askAgainMs = 60_000 } = options;
  const given = signal ? { signal } : {};
  const job = await jobs.get(id, given);
  if (job.exit !== null) return job;
  const patience = new Patience(limits);
  for (;;) {
    let pause = 0;
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new Error("asking again")),
      askAgainMs,
    );
    try {
      return await jobs.get(id, {
        wait: true,
        signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
      });
    } catch (error) {
      signal?.throwIfAborted();
      if (!late.signal.aborted) pause = patience.failed(error);
    } finally {
      clearTimeout(timer);
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
