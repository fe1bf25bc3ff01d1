/**
 * Jobs with known output and known ends run while one fault after the other happens to the server
 * and its clients. What happens is drawn from a seed: `WORKER_FAULT_SEED=n` repeats a run,
 * `WORKER_FAULT_ROUNDS` and `WORKER_FAULT_JOBS` make it longer.
 */
import { deepEqual } from "node:assert/strict";
import { delay } from "../helpers/delay.ts";
import { FAULTS } from "./faults/mod.ts";
import { planJobs } from "./job_kinds.ts";
import { Random } from "./random.ts";
import { Server } from "./server.ts";
import { Workload } from "./workload.ts";

const SEED = numberOf("WORKER_FAULT_SEED") ?? Date.now() % 1_000_000;
const ROUNDS = numberOf("WORKER_FAULT_ROUNDS") ?? 14;
const JOBS = numberOf("WORKER_FAULT_JOBS") ?? 54;

function numberOf(name: string): number | undefined {
  const text = Deno.env.get(name);
  return text ? Number(text) : undefined;
}

Deno.test("worker keeps every byte and every end whatever dies", async () => {
  console.log(`WORKER_FAULT_SEED=${SEED}`);
  const random = new Random(SEED);
  const folder = await Deno.makeTempDir({ prefix: "worker-faults-" });
  const files = `${folder}/files`;
  await Deno.mkdir(files);
  await using server = await Server.start(folder, {
    args: [`--max-jobs=${JOBS - 14}`],
    env: {},
  });
  const plans = planJobs(random.fork(), JOBS);
  const rounds = Array.from({ length: ROUNDS }, () => random.pick(FAULTS));
  const workload = new Workload(server, { files, random: random.fork() });

  // What is sent input has to have it before anything happens.
  const [first, later] = split(plans, ({ input }) => input !== undefined);
  for (const plan of [...first, ...later.slice(0, JOBS / 2)]) {
    await workload.start(plan);
  }
  const starting = (async () => {
    for (const plan of later.slice(JOBS / 2)) {
      await workload.start(plan);
      await delay(500);
    }
  })();
  const problems: string[] = [];
  for (const fault of rounds) {
    const started = performance.now();
    await fault.happen({ server, workload, random: random.fork() });
    await server.recovered();
    const happened = performance.now();
    await workload.checkOutput();
    console.log(
      `${fault.name}: ${Math.round(happened - started)} ms, checked in ${
        Math.round(performance.now() - happened)
      } ms`,
    );
  }
  await starting;
  const ends = await workload.end();
  for (const [job, record] of ends) {
    try {
      await job.checkEnd(server, record);
      const stored = await job.checkAllOutput(server, record);
      for (const { job: followed, follower } of workload.followers) {
        if (followed !== job) continue;
        await follower.done;
        follower.check(stored, record);
      }
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  deepEqual(problems, []);
});

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
