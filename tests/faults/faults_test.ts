/**
 * Jobs with known output and known ends run while one fault after the other happens to the server
 * and its clients. All is drawn from a seed, which a failure tells: `WORKER_FAULT_SEED=n` repeats a
 * run; `WORKER_FAULT_ROUNDS` and `WORKER_FAULT_JOBS` make it longer.
 */
import { equal } from "node:assert/strict";
import { FAULTS } from "./faults/mod.ts";
import { runFaults } from "./run_faults.ts";

function numberOf(name: string, otherwise: number): number {
  const text = Deno.env.get(name);
  const number = text ? Number(text) : otherwise;
  if (Number.isInteger(number) && number > 0) return number;
  throw new RangeError(`${name}="${text}" is not a whole number above 0`);
}

Deno.test("worker keeps every byte and every end whatever dies", async () => {
  const size = {
    seed: numberOf("WORKER_FAULT_SEED", 1 + Date.now() % 1_000_000),
    rounds: numberOf("WORKER_FAULT_ROUNDS", FAULTS.length),
    jobs: numberOf("WORKER_FAULT_JOBS", 54),
  };
  const problems = await runFaults(size);
  equal(
    problems.length,
    0,
    `WORKER_FAULT_SEED=${size.seed}\n${problems.join("\n")}`,
  );
});
