import assert from "node:assert/strict";
import type { Lease } from "../../lib/tunnel/lease.ts";
import { Tracker } from "../../lib/tunnel/tracker.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { proxies, proxy } from "./proxies.ts";

const FROM = { from: "A" };

function setUp() {
  const clock = new FakeClock();
  const tracker = new Tracker({ clock, random: () => 0 });
  const connect = (id: string): Lease => {
    const lease = tracker.tryAcquire();
    assert.ok(lease, `no lease to connect with ${id}`);
    assert.equal(lease.claim(id), true);
    return lease;
  };
  return { clock, tracker, connect };
}

Deno.test("tryAcquire() grants one lease when nothing is known, claimed or dialled", () => {
  const { tracker } = setUp();
  const first = tracker.tryAcquire();
  assert.deepEqual(first?.target, { type: "balancer" });
  assert.equal(tracker.tryAcquire(), null);
  first?.release();
  assert.ok(tracker.tryAcquire());
});

Deno.test("tryAcquire() grants as many leases as proxies are missing", () => {
  const { tracker, connect } = setUp();
  connect("A");
  tracker.update(proxies("ABC"), FROM);
  assert.ok(tracker.tryAcquire());
  assert.ok(tracker.tryAcquire());
  assert.equal(tracker.tryAcquire(), null);
});

Deno.test("tryAcquire() counts attempts that wait as if they were under way", () => {
  const { tracker, connect } = setUp();
  connect("A");
  tracker.update(proxies("AB"), FROM);
  assert.equal(tracker.tryAcquire({ waiting: 1 }), null);
});

Deno.test("tryAcquire() wants the highest generation of each group only", () => {
  const { tracker, connect } = setUp();
  connect("A");
  tracker.update([
    proxy("A"),
    proxy("B"),
    proxy("C", { generation: 2 }),
    proxy("X", { group: "other" }),
  ], FROM);
  connect("C");
  connect("X");
  assert.equal(tracker.tryAcquire(), null);
  const states = tracker.snapshot().proxies.map(({ id, state }) => [id, state]);
  assert.deepEqual(states, [
    ["A", "claimed"],
    ["B", "outdated"],
    ["C", "claimed"],
    ["X", "claimed"],
  ]);
});

Deno.test("tryAcquire() names a missing proxy whose own address is known", () => {
  const { tracker, connect } = setUp();
  connect("A");
  tracker.update([proxy("A"), proxy("B", { addresses: ["b:7443"] })], FROM);
  assert.deepEqual(tracker.tryAcquire()?.target, {
    type: "direct",
    proxy: "B",
    addresses: ["b:7443"],
  });
});

Deno.test("tryAcquire() asks the balancer when an own address failed, and the address again later", () => {
  const { clock, tracker, connect } = setUp();
  connect("A");
  tracker.update([proxy("A"), proxy("B", { addresses: ["b:7443"] })], FROM);
  tracker.tryAcquire()?.failed("refused");
  assert.equal(tracker.snapshot().proxies[1]?.direct?.reason, "refused");
  const second = tracker.tryAcquire();
  assert.equal(second?.target.type, "balancer");
  second?.release();
  clock.pass(tracker.dueInMs() ?? 0);
  assert.equal(tracker.tryAcquire()?.target.type, "direct");
});

Deno.test("tryAcquire() tries other addresses at once when those before failed", () => {
  const { tracker, connect } = setUp();
  connect("A");
  tracker.update([proxy("A"), proxy("B", { addresses: ["b:7443"] })], FROM);
  tracker.tryAcquire()?.failed("refused");
  tracker.update([proxy("A"), proxy("B", { addresses: ["b:8443"] })], FROM);
  assert.equal(tracker.tryAcquire()?.target.type, "direct");
});

Deno.test("claim() refuses a proxy that another lease has, and an overdue lease", () => {
  const { clock, tracker, connect } = setUp();
  connect("A");
  tracker.update(proxies("AB"), FROM);
  const lease = tracker.tryAcquire()!;
  assert.equal(lease.claim("A"), false);
  clock.pass(60_000);
  assert.equal(lease.signal.aborted, true);
  assert.equal(lease.claim("B"), false);
  assert.equal(tracker.snapshot().inFlight, 0);
});

Deno.test("claim() throws when the lease has claimed a proxy already", () => {
  const { connect } = setUp();
  const lease = connect("A");
  assert.throws(() => lease.claim("B"), /has claimed "A"/);
});

Deno.test("release() gives a lease back once, however often it is called", () => {
  const { tracker, connect } = setUp();
  const changes: string[] = [];
  using _ = tracker.subscribe((change) => changes.push(change));
  {
    using lease = connect("A");
    lease.release();
  }
  assert.deepEqual(changes, ["released"]);
  assert.deepEqual(tracker.snapshot().claimed, []);
});

Deno.test("update() forgets a proxy that nobody mentions for its time to live, but no claimed one", () => {
  const { clock, tracker, connect } = setUp();
  connect("A");
  tracker.update(proxies("AB"), FROM);
  clock.pass(179_999);
  assert.equal(tracker.snapshot().proxies.length, 2);
  clock.pass(1);
  assert.deepEqual(tracker.snapshot().proxies.map(({ id }) => id), ["A"]);
});

Deno.test("update() wants a proxy that drained again when it has a higher generation", () => {
  const { tracker, connect } = setUp();
  const lease = connect("A");
  tracker.update(proxies("AB"), FROM);
  connect("B");
  lease.drain();
  tracker.update(proxies("AB"), { from: "B" });
  assert.equal(tracker.tryAcquire(), null);
  tracker.update([proxy("A", { generation: 2 }), proxy("B")], { from: "B" });
  assert.ok(tracker.tryAcquire());
});

Deno.test("drain() leaves the proxy alone until most tunnels say that it is back", () => {
  const { tracker, connect } = setUp();
  connect("A");
  tracker.update(proxies("ABC"), FROM);
  const lease = connect("B");
  connect("C");
  lease.drain();
  assert.equal(tracker.tryAcquire(), null);
  tracker.update(proxies("AC"), { from: "A" });
  tracker.update(proxies("AC"), { from: "C" });
  // A list that was late.
  tracker.update(proxies("ABC"), { from: "A" });
  assert.equal(tracker.tryAcquire(), null);
  tracker.update(proxies("ABC"), { from: "C" });
  assert.ok(tracker.tryAcquire());
});

Deno.test("snapshot() blames a balancer that leads to claimed proxies only", () => {
  const { tracker, connect } = setUp();
  connect("A");
  tracker.update(proxies("AB"), FROM);
  for (let i = 0; i < 20; i++) {
    assert.equal(tracker.snapshot().verdict.type === "sticky_balancer", i > 10);
    using lease = tracker.tryAcquire();
    lease?.claim("A");
  }
  assert.deepEqual(tracker.snapshot().verdict, {
    ...{ type: "sticky_balancer", missing: ["B"], reached: ["A"], dials: 20 },
  });
});

Deno.test("snapshot() says why no proxy can be reached", () => {
  const { tracker } = setUp();
  tracker.tryAcquire()?.failed("refused");
  const { verdict } = tracker.snapshot();
  assert.deepEqual(verdict, { type: "unreachable", reason: "refused" });
});

Deno.test("tryAcquire() dials a proxy that drained when it was the only one connected", () => {
  const { clock, tracker, connect } = setUp();
  const addresses = ["a.example:7443"];
  const lease = connect("A");
  tracker.update([proxy("A", { addresses })], FROM);
  lease.drain();
  const target = { type: "direct", proxy: "A", addresses };
  const again = tracker.tryAcquire();
  assert.deepEqual(again?.target, target);
  again?.failed("connection refused");
  // However often it failed: nobody is left to tell that it is back.
  for (let failures = 0; failures < 8; failures++) {
    clock.pass(8_000);
    const next = tracker.tryAcquire();
    assert.deepEqual(next?.target, target);
    next?.failed("connection refused");
  }
});

Deno.test("snapshot() says why no proxy is connected when the one that was reached has cut the tunnel", () => {
  const { tracker, connect } = setUp();
  connect("A").failed('the certificate of "web-1" was revoked');
  assert.deepEqual(tracker.snapshot().verdict, {
    type: "unreachable",
    reason: 'the certificate of "web-1" was revoked',
  });
});

Deno.test("tryAcquire() leaves a proxy alone that cut the tunnel at once, and not one that did so later", () => {
  const { clock, tracker, connect } = setUp();
  const addresses = ["b.example:7443"];
  connect("A");
  tracker.update([proxy("A"), proxy("B", { addresses })], FROM);
  const refused = connect("B");
  clock.pass(100);
  refused.failed("the certificate was revoked");
  assert.equal(tracker.tryAcquire(), null);
  clock.pass(2_000);
  const later = connect("B");
  clock.pass(60_000);
  later.failed("no answer to a ping");
  assert.deepEqual(tracker.tryAcquire()?.target, {
    type: "direct",
    proxy: "B",
    addresses,
  });
});

Deno.test("tryAcquire() waits longer each time that a proxy cuts the tunnel at once", () => {
  const { clock, tracker, connect } = setUp();
  connect("A");
  tracker.update(
    [proxy("A"), proxy("B", { addresses: ["b.example:7443"] })],
    FROM,
  );
  for (const waitMs of [2_000, 4_000, 8_000]) {
    const refused = connect("B");
    clock.pass(100);
    refused.failed("the certificate was revoked");
    clock.pass(waitMs - 1);
    assert.equal(tracker.tryAcquire(), null);
    clock.pass(1);
  }
});
