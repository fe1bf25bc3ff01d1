import type { Fault } from "./faults/mod.ts";
import { planJobs, type PlannedJob } from "./job_kinds.ts";
import { Random } from "./random.ts";

/** How large a run is, and what it is drawn from. */
export interface RunSize {
  seed: number;
  /** Faults, one after the other. */
  rounds: number;
  jobs: number;
}

/** One fault and the numbers that it draws from. */
export interface Round {
  fault: Fault;
  random: Random;
}

/** A run: the same for the same seed. */
export interface Plan {
  jobs: PlannedJob[];
  rounds: Round[];
  /** For whatever is not a job and not a fault. */
  random: Random;
}

/** Draws a run. Each fault happens before one does for the second time. */
export function drawPlan(
  { seed, rounds, jobs }: RunSize,
  faults: readonly Fault[],
): Plan {
  const random = new Random(seed);
  const planned = planJobs(random.fork(), jobs);
  const order = random.fork();
  const drawn: Fault[] = [];
  while (drawn.length < rounds) drawn.push(...order.shuffle(faults));
  return {
    jobs: planned,
    rounds: drawn.slice(0, rounds).map((fault) => ({
      fault,
      random: order.fork(),
    })),
    random,
  };
}
