import { deepEqual, equal, ok } from "node:assert/strict";
import type { AuditDraft } from "../../lib/api/audit_event.ts";
import {
  type CountedDraft,
  RefusalLimiter,
} from "../../lib/audit/refusal_limiter.ts";
import { FakeClock } from "../helpers/fake_clock.ts";

const refusal = (from: string, more: Partial<AuditDraft> = {}): AuditDraft => ({
  action: "request",
  result: "refused",
  code: "UNAUTHENTICATED",
  from,
  ...more,
});

const bob = { name: "bob", roles: [], kind: "user", certificate: null };

/** A limiter and what it told. */
function limiter() {
  const clock = new FakeClock();
  const told: CountedDraft[] = [];
  const limited = new RefusalLimiter(clock, (counted) => told.push(counted));
  return { clock, told, limited };
}

const sum = (told: CountedDraft[]) =>
  told.reduce((total, { repeated }) => total + repeated, 0);

Deno.test("RefusalLimiter.add() tells every success", () => {
  const { told, limited } = limiter();
  for (let count = 0; count < 1_000; count++) {
    limited.add({ action: "job.start", result: "ok", from: "10.0.0.1:1" });
  }
  equal(told.length, 1_000);
});

Deno.test("RefusalLimiter.add() counts refusals of one address when there are many", () => {
  const { clock, told, limited } = limiter();
  for (let port = 1; port <= 100; port++) {
    limited.add(refusal(`10.0.0.1:${port}`));
  }
  deepEqual(told.map(({ repeated }) => repeated), [1, 1, 1, 1, 1]);
  clock.pass(60_000);
  deepEqual(told[5], { draft: refusal("10.0.0.1:100"), repeated: 95 });
  clock.pass(600_000);
  equal(told.length, 6, "nothing more came");
  equal(clock.armed, 0);
  limited.add(refusal("10.0.0.1:7"));
  equal(told.length, 7);
});

Deno.test("RefusalLimiter.add() tells what is not alike", () => {
  const { told, limited } = limiter();
  for (let count = 0; count < 100; count++) limited.add(refusal("10.0.0.1:1"));
  limited.add(refusal("10.0.0.2:1"));
  limited.add(refusal("[2001:db8::1]:1"));
  limited.add(refusal("10.0.0.1:1", { action: "job.start" }));
  limited.add(refusal("10.0.0.1:1", { code: "PERMISSION_DENIED" }));
  limited.add(refusal("10.0.0.1:1", { actor: bob }));
  equal(told.length, 10);
});

Deno.test("RefusalLimiter.add() bounds what nobody in particular can cause from everywhere", () => {
  const { clock, told, limited } = limiter();
  const minutes = 4 * 60;
  let sent = 0;
  for (let minute = 0; minute < minutes; minute++) {
    for (let host = 0; host < 1_000; host++, sent++) {
      limited.add(refusal(`[2001:db8::${minute}:${host}]:1`));
    }
    clock.pass(60_000);
  }
  ok(
    told.length <= 1_000 + 1.5 * minutes + 1,
    `${told.length} records in 4 hours`,
  );
  equal(sum(told), sent);
});

Deno.test("RefusalLimiter.add() tells refusals of users in a flood of nobody's", () => {
  const { told, limited } = limiter();
  for (let host = 0; host < 100_000; host++) {
    limited.add(refusal(`[2001:db8::${host}]:1`));
  }
  const before = told.length;
  limited.add(refusal("10.0.0.1:1", { actor: bob }));
  equal(told.length, before + 1);
});

Deno.test("RefusalLimiter.dispose() tells what was counted and arms no timer", () => {
  const { clock, told, limited } = limiter();
  for (let count = 0; count < 10; count++) limited.add(refusal("10.0.0.1:1"));
  limited[Symbol.dispose]();
  equal(sum(told), 10);
  for (let count = 0; count < 10; count++) limited.add(refusal("10.0.0.1:1"));
  equal(sum(told), 20, "what comes later is told as it comes");
  equal(clock.armed, 0);
});
