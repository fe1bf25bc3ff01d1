import type { EndRecord } from "../lib/api/frame.ts";
import type { JobRequest } from "../lib/api/job.ts";
import { newStartKey } from "../lib/api/start_key.ts";
import type { JobClient } from "../lib/client/job_client.ts";
import { attach, type OutputSink } from "./attach.ts";
import { OutputClosedError } from "./exit_error.ts";
import { isOver, SignalForwarder } from "./forward_signals.ts";
import { sendStdin } from "./send_stdin.ts";
import { tellEnd } from "./tell_end.ts";

export interface RunJobOptions {
  request: JobRequest;
  json: boolean;
  /** Send our standard input. */
  interactive: boolean;
  /** Takes what the job prints. @default our own standard output and error */
  sink?: OutputSink;
  /** Has the job stopped, with a grace, and its end waited for. */
  stop?: AbortSignal;
}

/** Time in milliseconds that a job gets to end after its reader went away. */
const HANG_UP_GRACE = 5_000;

/** Runs a job as ssh runs a command; the exit code. */
export async function runJob(
  client: JobClient,
  options: RunJobOptions,
): Promise<number> {
  return await tellEnd((await runToEnd(client, options)).exit);
}

/** Runs a job and stays with it: output goes out, signals that we get go on to it. */
export async function runToEnd(
  client: JobClient,
  { request, json, interactive, sink, stop }: RunJobOptions,
): Promise<EndRecord> {
  const ended = new AbortController();
  const { signal } = ended;
  using forwarder = new SignalForwarder(client, (why) => ended.abort(why));
  const key = newStartKey();
  let job: string | null = null;
  let inputFailed = false;
  const stopJob = async () => {
    // Before its start is answered there is nothing to stop: `started` does it then.
    if (job === null) return;
    try {
      await client.stop(job, { signal });
    } catch (error) {
      if (!isOver(error)) ended.abort(error);
    }
  };
  stop?.addEventListener("abort", stopJob, { signal });
  const started = ({ id }: { id: string }) => {
    job = id;
    forwarder.attach(id);
    if (stop?.aborted) void stopJob();
    if (!interactive) return;
    sendStdin(client, { job: id, signal }).catch((error) => {
      // A job may close its input, or end, before it has read all of it.
      if (isOver(error)) return;
      inputFailed = true;
      ended.abort(error);
    });
  };
  try {
    const end = await attach({
      client,
      id: () => job,
      run: () =>
        client.run(
          { ...request, stdin: interactive },
          { format: json ? "ndjson" : "frames", signal, key },
        ),
      output: { follow: true },
      json,
      started,
      signal,
      ...(sink && { sink }),
    });
    return end as EndRecord;
  } catch (error) {
    if (job !== null && error instanceof OutputClosedError) {
      await hangUp(client, { job, name: "SIGPIPE" });
    } else if (job !== null && inputFailed) {
      await hangUp(client, { job, name: "SIGHUP" });
    }
    throw error;
  } finally {
    ended.abort(new Error("the job has ended"));
  }
}

/** Ends a job that nobody listens to any more, or that waits for input that will not come. */
async function hangUp(
  client: JobClient,
  { job, name }: { job: string; name: string },
): Promise<void> {
  try {
    await client.stop(job, {
      name,
      grace: HANG_UP_GRACE,
      signal: AbortSignal.timeout(2 * HANG_UP_GRACE),
    });
  } catch {
    // The error that led here is the one to tell; the server may be out of reach.
  }
}
