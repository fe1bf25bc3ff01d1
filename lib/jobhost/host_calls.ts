import { WorkerError } from "../api/errors.ts";
import { connectionError, isCut } from "../client/connection_error.ts";
import { delay } from "../client/delay.ts";
import { Patience } from "../client/patience.ts";
import type { HostLink } from "./host_link.ts";
import type { JobHosts } from "./job_hosts.ts";
import { HostUnreachableError } from "./host_transport.ts";

/** How a call meets the death of a job host. */
export interface CallOptions {
  /** Whether it may be sent twice. @default {true} */
  repeat?: boolean;
  signal?: AbortSignal | undefined;
  /** The job it is about: the job host that has it is asked, which may have been replaced since. */
  id?: string;
}

/** How long a call meets nothing but failures before it gives up, ms. */
const PATIENCE_MS = 30_000;

/**
 * Calls to the job hosts of a daemon. While one is replaced they wait for the next one; a call that
 * may be repeated is sent again, another one only when it can't have got there.
 */
export class HostCalls {
  constructor(readonly hosts: JobHosts) {}

  /** Asks the job host that takes new jobs. @throws {WorkerError} `UNAVAILABLE` when it hangs. */
  async call<T>(
    ask: (link: HostLink) => Promise<T>,
    { repeat = true, signal, id }: CallOptions = {},
  ): Promise<T> {
    const patience = new Patience({ limit: PATIENCE_MS, step: 50 });
    let last: HostLink | null = null;
    for (;;) {
      const current = await this.hosts.current(signal ? { signal } : {});
      const link = id === undefined ? current : this.#linkOf(id, current);
      if (link.silent) throw silent(link);
      if (link !== last) patience.succeeded();
      last = link;
      try {
        return await ask(link);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isLoss(error)) throw error;
        const sent = !(error instanceof HostUnreachableError) || error.sent;
        if (!repeat && sent) throw error;
        await delay(patience.failed(error), signal);
      }
    }
  }

  /** Asks the job host that has the job. */
  callFor<T>(
    id: string,
    ask: (link: HostLink) => Promise<T>,
    options: CallOptions = {},
  ): Promise<T> {
    return this.call(ask, { ...options, id });
  }

  #linkOf(id: string, current: HostLink): HostLink {
    return this.hosts.retired.find((link) => link.owns(id)) ?? current;
  }
}

function silent({ info }: HostLink): WorkerError {
  return new WorkerError(
    "UNAVAILABLE",
    `job host ${info.pid} does not answer: it was stopped, or the host is short of CPU or disk; jobs go on`,
  );
}

/** Whether a call failed for want of a job host, or its answer was cut by the end of one. */
export function isLoss(error: unknown): boolean {
  if (error instanceof WorkerError) return error.code === "UNAVAILABLE";
  return isCut(connectionError(error, "the job host"));
}
