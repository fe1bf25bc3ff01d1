import { WorkerError } from "../api/errors.ts";
import type { WaitOptions } from "../api/job_service.ts";
import type { ManagedJob } from "./managed_job.ts";

/**
 * Writes `data` to a job's standard input at the job's pace and closes it at the end; waits for the
 * start of a pending job before it takes any. When `data` fails half-way, standard input stays open, so that the job never takes a cut upload for all of it.
 *
 * @throws {WorkerError} `CONFLICT` when the job has no open standard input, or closes it before the
 *   end of `data`.
 */
export async function feedInput(
  job: ManagedJob,
  data: AsyncIterable<Uint8Array>,
  { signal }: WaitOptions = {},
): Promise<void> {
  const refuse = (why: string) =>
    new WorkerError(
      "CONFLICT",
      `cannot write to standard input of job "${job.id}": ${why}`,
    );
  if (!job.identity.stdin) throw refuse('it was started without "stdin": true');
  if (job.inputTaken) {
    throw refuse("another request writes to it, or has closed it");
  }
  job.inputTaken = true;
  await started(job, signal).catch((error) => {
    job.inputTaken = false;
    throw error;
  });
  const process = job.live?.process;
  if (!process?.stdin) throw refuse("the job has ended");
  const writer = process.stdin.getWriter();
  const ended = process.ended.then(() => {
    throw refuse("the job has ended");
  });
  // A job that does not read holds up a write, and the request that was cut would not notice.
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason));
  });
  const over = Promise.race([ended, aborted]);
  over.catch(() => {});
  let complete = false;
  try {
    const chunks = data[Symbol.asyncIterator]();
    while (true) {
      const { done, value } = await Promise.race([chunks.next(), over]);
      if (done) break;
      signal?.throwIfAborted();
      await Promise.race([write(writer, value), over]).catch(
        (cause) => {
          if (cause instanceof WorkerError || signal?.aborted) throw cause;
          throw Object.assign(refuse("the job has closed it"), { cause });
        },
      );
    }
    complete = true;
    await writer.close().catch(() => {});
  } finally {
    writer.releaseLock();
    job.inputTaken = complete;
  }
}

async function started(
  job: ManagedJob,
  signal: AbortSignal | undefined,
): Promise<void> {
  while (job.state === "pending") {
    signal?.throwIfAborted();
    job.throwIfAbandoned();
    await job.changed.next(signal ? { signal } : {});
  }
}

async function write(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  chunk: Uint8Array,
): Promise<void> {
  await writer.ready;
  await writer.write(chunk);
}
