import { deepStrictEqual } from "node:assert/strict";
import {
  stopInOrder,
  type Stoppable,
} from "../../lib/supervisor/stop_in_order.ts";
import { delay } from "../helpers/delay.ts";
import { seeded } from "./fixture.ts";

class Task implements Stoppable {
  readonly #ended = Promise.withResolvers<void>();
  asked = 0;
  over = false;

  constructor(readonly name: string, readonly needs: readonly string[]) {}

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  stop(): void {
    this.asked++;
  }

  end(): void {
    this.over = true;
    this.#ended.resolve();
  }
}

Deno.test("stopInOrder() asks exactly those that nobody needs any more, in any graph", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed);
    const tasks = graph(random);
    const stopped = stopInOrder(tasks);
    // Some have ended before they are asked, as those do that are done or have failed.
    for (const task of tasks) if (random() < 0.15) task.end();
    while (true) {
      await turn();
      deepStrictEqual(
        { seed, asked: namesOf(tasks.filter(({ asked }) => asked > 0)) },
        { seed, asked: namesOf(tasks.filter((task) => isFree(task, tasks))) },
      );
      const open = tasks.filter(({ asked, over }) => asked > 0 && !over);
      if (open.length === 0) break;
      open[Math.floor(random() * open.length)]?.end();
    }
    await stopped;
    deepStrictEqual(namesOf(tasks.filter(({ asked }) => asked !== 1)), []);
  }
});

/** Whether everything above it has ended, up to the top. */
function isFree({ name }: Task, tasks: readonly Task[]): boolean {
  return tasks.filter(({ needs }) => needs.includes(name))
    .every((above) => above.over && isFree(above, tasks));
}

function namesOf(tasks: readonly Task[]): string[] {
  return tasks.map(({ name }) => name);
}

/** Up to 14 tasks without a cycle, in an order that has nothing to do with their needs. */
function graph(random: () => number): Task[] {
  const names = Array.from(
    { length: 1 + Math.floor(random() * 14) },
    (_, at) => `task ${at}`,
  );
  const density = random();
  const tasks = names.map((name, at) =>
    new Task(name, names.slice(0, at).filter(() => random() < density))
  );
  return tasks.map((task) => ({ task, at: random() }))
    .sort((a, b) => a.at - b.at).map(({ task }) => task);
}

/** Lets all promises go on that can. */
function turn(): Promise<void> {
  return delay(0);
}
