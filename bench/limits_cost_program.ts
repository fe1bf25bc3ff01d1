/**
 * Measures jobs that run `true`, from the request to the end, without limits and with all of them in
 * turns; prints the times in ms as JSON. Needs root and cgroup v2; with the argument `unlimited` it
 * needs neither, and only measures jobs without limits and cgroups.
 */
import type { JobRequest } from "../lib/api/job.ts";
import { JobSupervisor } from "../lib/jobs/mod.ts";
import { allControllers } from "../tests/vm/all_controllers.ts";
import { interleave } from "./timed.ts";

const TURNS = 60;
const LIMITS = {
  memory: "256M",
  cpu: 0.5,
  pids: 100,
  io: "100M",
  output: "16M",
};

/** What it prints; `limited` is empty without cgroups. */
export interface LimitsCost {
  unlimited: number[];
  limited: number[];
}

if (import.meta.main) {
  const cost = Deno.args[0] === "unlimited"
    ? await measureHere()
    : await measureLimits();
  console.log(JSON.stringify(cost));
}

async function measureLimits(): Promise<LimitsCost> {
  await using all = allControllers("worker-bench");
  const directory = await Deno.makeTempDir();
  await using jobs = new JobSupervisor({
    directory,
    cgroups: { kind: "ready", root: all.root },
  });
  const { a, b } = await interleave(
    TURNS,
    () => runTrue(jobs, {}),
    () => runTrue(jobs, { limits: LIMITS, timeout: "1m" }),
  );
  return { unlimited: a, limited: b };
}

async function measureHere(): Promise<LimitsCost> {
  const directory = await Deno.makeTempDir();
  await using jobs = new JobSupervisor({ directory });
  const { a } = await interleave(
    TURNS,
    () => runTrue(jobs, {}),
    () => Promise.resolve(0),
  );
  await Deno.remove(directory, { recursive: true });
  return { unlimited: a, limited: [] };
}

async function runTrue(
  jobs: JobSupervisor,
  more: Partial<JobRequest>,
): Promise<number> {
  const started = performance.now();
  const request = { command: "true", ...more };
  const { id } = await jobs.start(request, { owner: "bench" });
  const job = await jobs.get(id, { wait: true });
  const elapsed = performance.now() - started;
  if (job.state !== "succeeded") throw new Error(JSON.stringify(job));
  return elapsed;
}
