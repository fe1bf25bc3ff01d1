import { WorkerError } from "../api/errors.ts";
import type { JobLimits } from "../api/job.ts";
import { parseSize } from "../api/size.ts";
import type { CgroupLimits, CgroupSupport } from "../cgroup/mod.ts";

/** What a supervisor that was given no cgroups says. */
export const NO_CGROUPS: CgroupSupport = {
  kind: "unsupported",
  missing: "this server does not manage cgroups",
  advice: "start the job through the job host of `worker serve`",
};

/**
 * The limits of a job as its cgroup takes them.
 *
 * @throws {WorkerError} `UNSUPPORTED` when one of them can't be enforced here: what is missing, and
 *   how to get it.
 */
export function cgroupLimits(
  { memory, cpu, pids, io }: JobLimits,
  support: CgroupSupport,
): CgroupLimits {
  const limits = {
    memory: memory === null ? null : parseSize(memory),
    cpu,
    pids,
    io: io === null ? null : parseSize(io),
  };
  if (support.kind === "ready") {
    support.root.require(limits);
    return limits;
  }
  for (const [name, value] of Object.entries({ memory, cpu, pids, io })) {
    if (value === null) continue;
    throw new WorkerError(
      "UNSUPPORTED",
      `cannot limit ${name} to "${value}": ${support.missing}; ${support.advice}`,
    );
  }
  return limits;
}
