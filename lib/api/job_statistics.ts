import type { ExitReason, JobState, StreamBytes } from "./job.ts";

/** What a process that runs jobs has counted since its start, and what it has now. */
export interface JobStatistics {
  /** Jobs on record now. */
  states: Record<JobState, number>;
  /** Jobs whose process was started. */
  started: number;
  /** Jobs that became final, by why. */
  ended: Record<ExitReason, number>;
  /** Bytes that jobs have printed. */
  printed: StreamBytes;
  /** Whether jobs get cgroups, and so limits. */
  cgroups: boolean;
  /** Resident memory of the process, bytes. */
  memoryBytes: number;
}

/** Nothing on record and nothing counted. */
export function noStatistics(): JobStatistics {
  return {
    states: {
      pending: 0,
      running: 0,
      stopping: 0,
      succeeded: 0,
      failed: 0,
      stopped: 0,
      lost: 0,
    },
    started: 0,
    ended: {
      exited: 0,
      signaled: 0,
      stopped: 0,
      timeout: 0,
      out_of_memory: 0,
      output_limit: 0,
      start_failed: 0,
      host_rebooted: 0,
      lost: 0,
    },
    printed: { stdout: 0, stderr: 0 },
    cgroups: true,
    memoryBytes: 0,
  };
}
