import { delay } from "../helpers/delay.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { FAULTS } from "./faults/mod.ts";
import { type Footprint, footprints } from "./footprint.ts";
import type { PlannedJob } from "./job_kinds.ts";
import { leftOvers } from "./nothing_left.ts";
import { drawPlan, type Round, type RunSize } from "./plan.ts";
import { Server } from "./server.ts";
import { Workload } from "./workload.ts";

/** Of so many jobs at most a process runs at a time; the others wait. */
const MAX_JOBS = 40;

/** Between two starts of jobs while faults happen, ms. */
const START_PAUSE_MS = 500;

/** Descriptors of a kind that one process has more than another: of a job host, by who started it. */
const SPARE_DESCRIPTORS = 2;

/** Connections of the daemon to the job host that wait for their next request. */
const SPARE_SOCKETS = 32;

/** Memory that a process may have more than it began with, MiB. */
const SPARE_MEMORY = 150;

/** Runs a workload through faults; what was wrong, one problem a line, none when all was right. */
export async function runFaults(size: RunSize): Promise<string[]> {
  await using server = await Server.start([`--max-jobs=${MAX_JOBS}`]);
  const possible = FAULTS.filter(({ name, missing }) => {
    const reason = missing?.({ server }) ?? null;
    if (reason !== null) tell(`left out: ${name}: ${reason}`);
    return reason === null;
  });
  const plan = drawPlan(size, possible);
  console.log(
    `seed ${size.seed}: ${size.jobs} jobs, ${plan.rounds.length} faults`,
  );
  const before = footprints(server);
  const workload = new Workload(server, plan.random);
  try {
    // What is sent input has to have it before anything happens.
    const [sent, others] = split(plan.jobs, ({ input }) => input !== undefined);
    const early = Math.ceil(others.length / 2);
    await startAll(workload, [...sent, ...others.slice(0, early)], 0);
    const starting = startAll(workload, others.slice(early), START_PAUSE_MS);
    starting.catch(() => {});
    for (const round of plan.rounds) await happen(round, { server, workload });
    await starting;
    const problems = await workload.finish();
    problems.push(...await remains(server, { workload, before }));
    return problems;
  } catch (error) {
    await workload.abandon();
    return [
      (error as Error).stack!,
      `the server:\n${server.worker.log}`,
      `the job hosts:\n${await server.worker.jobHostLog()}`,
    ];
  }
}

/** Says something that is to be known of a run that went well, too. */
function tell(text: string): void {
  console.log(text);
  const notes = Deno.env.get("WORKER_FAULT_NOTES");
  if (notes) Deno.writeTextFileSync(notes, `${text}\n`, { append: true });
}

async function startAll(
  workload: Workload,
  jobs: readonly PlannedJob[],
  pause: number,
): Promise<void> {
  for (const job of jobs) {
    await workload.start(job);
    await delay(pause);
  }
}

async function happen(
  { fault, random }: Round,
  { server, workload }: { server: Server; workload: Workload },
): Promise<void> {
  const began = performance.now();
  try {
    await fault.happen({ server, workload, random });
    await server.recovered();
    const recovered = performance.now();
    await workload.checkOutput();
    console.log(
      `${fault.name}: over after ${
        Math.round(recovered - began)
      } ms, checked in ${Math.round(performance.now() - recovered)} ms`,
    );
  } catch (cause) {
    throw new Error(`after "${fault.name}": ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** What the jobs left on the host, and what the server holds more than before. */
async function remains(
  server: Server,
  { workload, before }: {
    workload: Workload;
    before: ReturnType<typeof footprints>;
  },
): Promise<string[]> {
  const ids = workload.jobs.map(({ id }) => id);
  let left: string[] = [];
  const look = () => {
    left = leftOvers(server, ids);
    const after = footprints(server);
    for (const who of ["daemon", "jobHost"] as const) {
      left.push(...grown(who, { before: before[who], after: after[who] }));
    }
    return left.length === 0;
  };
  await waitFor("nothing to be left", look, { timeout: 15_000, interval: 250 })
    .catch(() => {});
  return left;
}

function grown(
  who: string,
  { before, after }: { before: Footprint; after: Footprint },
): string[] {
  const grown: string[] = [];
  for (const [kind, count] of Object.entries(after.descriptors)) {
    const more = count - (before.descriptors[kind] ?? 0);
    const spare = kind === "socket" ? SPARE_SOCKETS : SPARE_DESCRIPTORS;
    if (more > spare) grown.push(`${who}: ${more} more of ${kind} are open`);
  }
  if (after.memory > before.memory + SPARE_MEMORY) {
    grown.push(`${who}: ${before.memory} MiB became ${after.memory} MiB`);
  }
  return grown;
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
