import { equal } from "node:assert/strict";
import { pingPeer } from "../../lib/tunnel/ping_peer.ts";
import { FakeClock } from "../helpers/fake_clock.ts";

/** A peer whose answers the test gives. */
function peer() {
  const pings: (() => void)[] = [];
  const backlog = { bytes: 0, received: 0, sent: 0 };
  const session = {
    destroyed: false,
    closed: false,
    ping(answer: unknown) {
      pings.push(answer as () => void);
      return true;
    },
  };
  const clock = new FakeClock();
  const seen = { silent: 0 };
  const stop = pingPeer(session as never, {
    ...{ backlog, clock, intervalMs: 100, timeoutMs: 50 },
    onSilent: () => seen.silent++,
  });
  return { pings, backlog, clock, seen, stop };
}

Deno.test("pingPeer() pings on after each answer, and calls onSilent() when one does not come", () => {
  const { pings, clock, seen } = peer();
  clock.pass(100);
  equal(pings.length, 1);
  pings[0]!();
  clock.pass(100);
  equal(pings.length, 2);
  clock.pass(49);
  equal(seen.silent, 0);
  clock.pass(1);
  equal(seen.silent, 1);
  clock.pass(1_000);
  equal(seen.silent, 1);
  equal(pings.length, 2);
});

Deno.test("pingPeer() waits on when bytes come, or a backlog moves, and only then", () => {
  const { pings, backlog, clock, seen } = peer();
  clock.pass(100);
  backlog.received += 10;
  clock.pass(50);
  backlog.bytes = 1_000;
  clock.pass(49);
  backlog.received += 1;
  clock.pass(1);
  backlog.sent += 100;
  clock.pass(50);
  equal(seen.silent, 0);
  backlog.bytes = 0;
  clock.pass(50);
  equal(seen.silent, 1);
  equal(pings.length, 1);
});

Deno.test("pingPeer() does nothing more when it was stopped", () => {
  const { pings, clock, seen, stop } = peer();
  clock.pass(100);
  stop();
  pings[0]!();
  clock.pass(1_000);
  equal(seen.silent, 0);
  equal(pings.length, 1);
});
