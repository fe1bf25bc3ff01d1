import { equal, ok, throws } from "node:assert/strict";
import { WorkerError } from "../../lib/api/errors.ts";
import { Patience } from "../../lib/client/mod.ts";

const away = new WorkerError("UNAVAILABLE", "away");

Deno.test("failed() retries at once, then ever later up to the longest delay", () => {
  const patience = new Patience({
    step: 100,
    longest: 250,
    random: () => 1,
    now: () => 0,
  });
  const delays = Array.from({ length: 5 }, () => patience.failed(away));
  equal(delays.join(), "0,100,200,250,250");
});

Deno.test("failed() draws the delay from its upper half", () => {
  const patience = new Patience({ step: 100, random: () => 0, now: () => 0 });
  patience.failed(away);
  equal(patience.failed(away), 50);
});

Deno.test("failed() throws when the failures have lasted longer than the limit", () => {
  let now = 0;
  const patience = new Patience({ limit: 1_000, now: () => now });
  now = 50_000;
  // However quiet it was before: time counts from the first failure.
  ok(patience.failed(away) === 0);
  now += 999;
  patience.failed(away);
  now += 1;
  throws(() => patience.failed(away), away);
});

Deno.test("succeeded() starts over when the server was reached", () => {
  let now = 0;
  const patience = new Patience({ limit: 1_000, now: () => now });
  patience.failed(away);
  now = 5_000;
  patience.succeeded();
  equal(patience.failed(away), 0);
});

Deno.test("failed() throws at once when the server refuses", () => {
  const refusal = new WorkerError("NOT_FOUND", "no such job");
  throws(() => new Patience().failed(refusal), refusal);
});
