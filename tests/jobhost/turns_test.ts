import { deepEqual, equal, rejects } from "node:assert/strict";
import { Turns } from "../../lib/jobhost/turns.ts";

const { signal } = new AbortController();

Deno.test("Turns.take() waits while as many as may go on do, and lets those that wait go in order", async () => {
  const turns = new Turns(2);
  const [first, second] = [await turns.take(signal), await turns.take(signal)];
  const came: number[] = [];
  const third = turns.take(signal).then((turn) => (came.push(3), turn));
  const fourth = turns.take(signal).then((turn) => (came.push(4), turn));
  await Promise.resolve();
  deepEqual(came, []);
  first[Symbol.dispose]();
  (await third)[Symbol.dispose]();
  await fourth;
  deepEqual(came, [3, 4]);
  second[Symbol.dispose]();
  using _ = await turns.take(signal);
});

Deno.test("Turns.take() rejects with the signal's reason, and nobody's turn is lost with it", async () => {
  const turns = new Turns(1);
  const first = await turns.take(signal);
  const impatient = new AbortController();
  const gone = turns.take(impatient.signal);
  const patient = turns.take(signal);
  const reason = new Error("it took too long");
  impatient.abort(reason);
  await rejects(gone, reason);
  await rejects(turns.take(impatient.signal), reason);
  first[Symbol.dispose]();
  (await patient)[Symbol.dispose]();
  equal(typeof await turns.take(signal), "object");
});
