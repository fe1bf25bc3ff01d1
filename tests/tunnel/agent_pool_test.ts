import assert from "node:assert/strict";
import {
  AgentPool,
  type AgentPoolOptions,
} from "../../lib/tunnel/agent_pool.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";
import { proxies, proxy } from "./proxies.ts";
import { ScriptedDialler } from "./scripted_dialler.ts";

async function setUp(options: Partial<AgentPoolOptions> = {}) {
  const clock = new VirtualClock();
  const dialler = new ScriptedDialler();
  const events: string[] = [];
  const resolved: string[] = [];
  const pool = new AgentPool({
    ...{ clock, dial: dialler.dial, random: () => 0 },
    resolve: () => {
      resolved.push(`balancer-${resolved.length}:7443`);
      return Promise.resolve(resolved.at(-1)!);
    },
    onEvent: ({ type }) => events.push(type),
    ...options,
  });
  await clock.run(0);
  return { clock, dialler, events, pool, resolved };
}

Deno.test("AgentPool serves a proxy that it could claim and dials what gossip tells of", async () => {
  const { clock, dialler, pool } = await setUp();
  await using _ = pool;
  const first = dialler.latest.reach("A");
  await clock.run(0);
  assert.equal(first.served, true);
  assert.equal(dialler.dials.length, 1);
  first.hear([proxy("A"), proxy("B", { addresses: ["b:7443"] })]);
  await clock.run(3_000);
  assert.deepEqual(dialler.latest.target, {
    ...{ type: "direct", proxy: "B", addresses: ["b:7443"] },
  });
  dialler.latest.reach("B");
  await clock.run(10_000);
  assert.equal(dialler.dials.length, 2);
  assert.deepEqual(pool.snapshot().verdict, { type: "connected" });
});

Deno.test("AgentPool closes a connection to a proxy that is claimed, unserved, and dials again", async () => {
  const { clock, dialler, events, pool } = await setUp();
  await using _ = pool;
  dialler.latest.reach("A").hear(proxies("AB"));
  await clock.run(3_000);
  const again = dialler.latest.reach("A");
  await clock.run(0);
  assert.deepEqual([again.served, again.ended], [false, true]);
  assert.ok(events.includes("taken"));
  await clock.run(8_000);
  dialler.latest.reach("B");
  await clock.run(0);
  assert.deepEqual(pool.snapshot().claimed, ["A", "B"]);
});

Deno.test("AgentPool waits longer after each attempt, resolving the balancer anew each time", async () => {
  const { clock, dialler, pool, resolved } = await setUp();
  await using _ = pool;
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) {
    const before = clock.monotonic();
    const count = dialler.dials.length;
    dialler.latest.fail(new Error("refused"));
    while (dialler.dials.length === count) await clock.run(1);
    waits.push(Math.round((clock.monotonic() - before) / 500) * 500);
  }
  // Half of 0, 1, 2 … 8 s, because chance says 0.
  const expected = [0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8].map((s) => s * 500);
  assert.deepEqual(waits, expected);
  assert.equal(new Set(resolved).size, 13);
});

Deno.test("AgentPool gives up a handshake at its deadline, whatever the dialler does", async () => {
  const { clock, dialler, events, pool } = await setUp();
  await using _ = pool;
  const slow = dialler.latest;
  await clock.run(10_000);
  assert.equal(slow.signal.aborted, true);
  assert.ok(events.includes("failed"));
  assert.match(pool.snapshot().lastFailure ?? "", /no handshake within 10000/);
  const late = slow.reach("A");
  await clock.run(0);
  assert.deepEqual([late.served, late.ended], [false, true]);
});

Deno.test("AgentPool dials no more than maxDials at once", async () => {
  const { clock, dialler, pool } = await setUp({ maxDials: 2 });
  await using _ = pool;
  dialler.latest.reach("A").hear(proxies("ABCDE"));
  await clock.run(20_000);
  const open = dialler.dials.filter(({ signal }) => !signal.aborted);
  assert.ok(pool.snapshot().inFlight <= 2);
  assert.ok(open.length <= 3, `${open.length} dials`);
});

Deno.test("AgentPool dials the replacement while the draining connection is still served", async () => {
  const { clock, dialler, pool } = await setUp();
  await using _ = pool;
  const old = dialler.latest.reach("A");
  await clock.run(0);
  old.proxyDrains();
  await clock.run(1_000);
  assert.equal(old.ended, false);
  dialler.latest.reach("B");
  await clock.run(0);
  assert.deepEqual(
    pool.snapshot().agents.map(({ proxy, state }) => [proxy, state]),
    [
      ["A", "draining"],
      ["B", "serving"],
    ],
  );
  old.end(null);
  await clock.run(0);
  assert.equal(pool.snapshot().agents.length, 1);
});

Deno.test("AgentPool comes back at once to a proxy that drains and returns", async () => {
  const { clock, dialler, pool } = await setUp();
  await using _ = pool;
  const old = dialler.latest.reach("A");
  await clock.run(0);
  old.hear([proxy("A", { addresses: ["a:7443"] }), proxy("B")]);
  await clock.run(3_000);
  dialler.latest.reach("B");
  await clock.run(10_000);
  old.proxyDrains({ returns: true });
  await clock.run(0);
  assert.deepEqual(dialler.latest.target, {
    ...{ type: "direct", proxy: "A", addresses: ["a:7443"] },
  });
  assert.equal(old.ended, false);
});

Deno.test("reconnect() dials each proxy again while what is under way ends", async () => {
  const { clock, dialler, pool } = await setUp();
  await using _ = pool;
  const old = dialler.latest.reach("A");
  old.hear([proxy("A", { addresses: ["a:7443"] })]);
  await clock.run(10_000);
  const done = pool.reconnect({ deadlineMs: 1_000 });
  await clock.run(0);
  assert.deepEqual([old.drained, old.ended], [true, false]);
  assert.equal(dialler.dials.length, 2);
  const next = dialler.latest.reach("A");
  await clock.run(0);
  assert.deepEqual([next.served, next.drained], [true, false]);
  old.end(null);
  await done;
  assert.deepEqual(pool.snapshot().claimed, ["A"]);
});

Deno.test("recheck() cuts the tunnel to a proxy that is refused by now, and dials it again", async () => {
  const { clock, dialler, events, pool } = await setUp();
  await using _ = pool;
  const revoked = dialler.latest.reach("A");
  revoked.hear(["A", "B"].map((id) => proxy(id, { addresses: [`${id}:1`] })));
  await clock.run(3_000);
  const good = dialler.latest.reach("B");
  await clock.run(10_000);
  pool.recheck(({ name }) => {
    if (name === "A") throw new Error("it was revoked");
  });
  await clock.run(0);
  assert.deepEqual([revoked.ended, good.ended], [true, false]);
  assert.equal(events.at(-1), "closed");
  assert.deepEqual(pool.snapshot().claimed, ["B"]);
  await clock.run(60_000);
  assert.deepEqual(dialler.dials[2]?.target, {
    ...{ type: "direct", proxy: "A", addresses: ["A:1"] },
  });
});

Deno.test("drain() of the pool dials no more and waits for its agents", async () => {
  const { clock, dialler, pool } = await setUp();
  const old = dialler.latest.reach("A");
  await clock.run(10_000);
  let over = false;
  const done = pool.drain({ deadlineMs: 1_000 }).then(() => over = true);
  await clock.run(10_000);
  assert.deepEqual([over, dialler.dials.length], [false, 1]);
  old.end(null);
  await done;
});

Deno.test("AgentPool closes a connection whose gossip is broken and dials again", async () => {
  const { clock, dialler, pool } = await setUp();
  await using _ = pool;
  const first = dialler.latest.reach("A");
  await clock.run(0);
  first.garble();
  await clock.run(1_000);
  assert.equal(first.ended, true);
  assert.equal(dialler.dials.length, 2);
});

Deno.test("asyncDispose ends dials, waits and agents of the pool", async () => {
  const { clock, dialler, pool } = await setUp();
  const first = dialler.latest.reach("A");
  first.hear(proxies("AB"));
  await clock.run(3_000);
  const open = dialler.latest;
  await pool[Symbol.asyncDispose]();
  assert.deepEqual([open.signal.aborted, first.ended], [true, true]);
  const count = dialler.dials.length;
  await clock.run(60_000);
  assert.equal(dialler.dials.length, count);
  assert.deepEqual(pool.snapshot().claimed, []);
});
