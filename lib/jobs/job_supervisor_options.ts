import type { EndTimes } from "./leftovers.ts";

/** Options of a {@linkcode JobSupervisor}. */
export interface JobSupervisorOptions {
  /** Where jobs are kept, one directory each; created when it is missing. */
  directory: string;
  /** Name of this host in `job.node`. @default the host's name */
  node?: string;
  /** Cap of a job's output on disk when it asks for none, in bytes. @default 256 MiB */
  outputCap?: number;
  /** Final jobs are removed this long after their end, in ms. @default never */
  maxAge?: number;
  /**
   * Become the parent of every orphan, so that no process of a job escapes (see `Subreaper`). Leave
   * it off in a program that starts processes of its own. @default {false}
   */
  subreaper?: boolean;
  /** Between SIGTERM and SIGKILL for jobs that run when it is disposed, in ms. @default {10_000} */
  shutdownGrace?: number;
  /** How long the end of a job may take. @default those of {@linkcode EndTimes} */
  endTimes?: Partial<EndTimes>;
}
