import { deepEqual, equal } from "node:assert/strict";
import { FairQueue, type Waiting } from "../../lib/jobs/fair_queue.ts";

/** `"a1"` is job 1 of owner a; its id is its number. */
function waiting(name: string): Waiting {
  return { owner: name[0]!, id: name.slice(1).padStart(3, "0") };
}

function queueOf(...names: string[]): FairQueue<Waiting> {
  const queue = new FairQueue<Waiting>();
  for (const name of names) queue.add(waiting(name));
  return queue;
}

function takeAll(queue: FairQueue<Waiting>): string {
  const taken: string[] = [];
  for (let one = queue.take(); one; one = queue.take()) {
    taken.push(`${one.owner}${Number(one.id)}`);
  }
  return taken.join(" ");
}

Deno.test("take() serves one owner in the order of creation", () => {
  equal(takeAll(queueOf("a1", "a2", "a3")), "a1 a2 a3");
  equal(takeAll(queueOf("a3", "a1", "a2")), "a1 a2 a3");
});

Deno.test("take() gives owners turns, however many of their jobs wait", () => {
  equal(
    takeAll(queueOf("a1", "a2", "a3", "b4", "b5", "c6")),
    "a1 b4 c6 a2 b5 a3",
  );
});

Deno.test("take() lets one who comes late go before one who was served already", () => {
  const queue = queueOf("a1", "a2", "a3");
  queue.take();
  queue.add(waiting("b9"));
  equal(takeAll(queue), "b9 a2 a3");
});

Deno.test("served() counts for the turns", () => {
  const queue = queueOf("a1", "b2");
  queue.served("a");
  equal(takeAll(queue), "b2 a1");
});

Deno.test("remove() takes out who waits, wherever", () => {
  const queue = new FairQueue<Waiting>();
  const jobs = ["a1", "a2", "b3"].map(waiting);
  for (const job of jobs) queue.add(job);
  deepEqual([queue.remove(jobs[0]!), queue.remove(jobs[0]!)], [true, false]);
  deepEqual([queue.remove(jobs[2]!), queue.size], [true, 1]);
  equal(takeAll(queue), "a2");
  equal(queue.size, 0);
});
