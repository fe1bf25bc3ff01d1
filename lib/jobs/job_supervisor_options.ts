import { hostname } from "node:os";
import type { CgroupSupport } from "../cgroup/mod.ts";
import type { Clock } from "../clock.ts";
import type { EndTimes } from "./leftovers.ts";

/** What may be changed while a {@linkcode JobSupervisor} runs. */
export interface JobSettings {
  /** Cap of a job's output on disk when it asks for none, in bytes. @default 256 MiB */
  outputCap: number;
  /** Final jobs are removed this long after their end, in ms. @default never */
  maxAge: number;
  /** Jobs that run at the same time; more are `pending` until one ends. @default no limit */
  maxJobs: number;
  /**
   * Bytes on disk for the output of all jobs together. Over it the outputs of final jobs are removed,
   * oldest end first; when that of running jobs alone exceeds it, new jobs are refused.
   * @default 10 GiB
   */
  outputTotal: number;
  /**
   * Bytes that must be free on the disk of the directory: below, new jobs are refused and pending
   * ones wait. Null is 256 MiB or 5 % of the disk, whichever is less. @default {null}
   */
  reserve: number | null;
  /** Between SIGTERM and SIGKILL for jobs that run when it is disposed, in ms. @default {10_000} */
  shutdownGrace: number;
  /** Name of this host in `job.node`, of jobs that come from now on. @default the host's name */
  node: string;
}

/** Options of a {@linkcode JobSupervisor}. */
export interface JobSupervisorOptions extends Partial<JobSettings> {
  /** Where jobs are kept, one directory each; created when it is missing. */
  directory: string;
  /**
   * Become the parent of every orphan, so that no process of a job escapes (see `Subreaper`). Leave
   * it off in a program that starts processes of its own. @default {false}
   */
  subreaper?: boolean;
  /** How long the end of a job may take. @default those of {@linkcode EndTimes} */
  endTimes?: Partial<EndTimes>;
  /** Where time comes from. @default the host's */
  clock?: Clock;
  /**
   * What `openCgroups` found: with cgroups every job gets one of its own. @default none, and a job
   * that asks for a limit is refused
   * @internal
   */
  cgroups?: CgroupSupport;
  /**
   * False for the directory of a job that another living process runs: it is left alone.
   * @default every job is recovered
   */
  mayRecover?: (directory: string) => boolean;
}

/** The settings with their defaults. */
export function settingsOf(options: Partial<JobSettings>): JobSettings {
  return {
    outputCap: options.outputCap ?? 256 * 2 ** 20,
    maxAge: options.maxAge ?? Infinity,
    maxJobs: options.maxJobs ?? Infinity,
    outputTotal: options.outputTotal ?? 10 * 2 ** 30,
    reserve: options.reserve ?? null,
    shutdownGrace: options.shutdownGrace ?? 10_000,
    node: options.node ?? hostname(),
  };
}
