import assert from "node:assert/strict";
import { BALANCERS } from "../../bench/discovery/balancer.ts";
import { BAD_NETWORK } from "../../bench/discovery/network.ts";
import { simulate } from "../../bench/discovery/simulate.ts";

const SIZE = { nodes: 20, proxies: 4, seed: 7 };

for (const balancer of BALANCERS) {
  Deno.test(`simulate() leaves no node stuck behind a ${balancer} balancer when gossip tells addresses`, async () => {
    const { start, replacement, death } = await simulate({
      ...{ ...SIZE, balancer, network: BAD_NETWORK },
    });
    for (const phase of [start, replacement, death]) {
      assert.equal(phase.stuck, 0);
    }
    assert.ok(start.dialsPerConnection <= 1.2);
    assert.ok(replacement.dialsPerConnection <= 1.2);
  });
}

Deno.test("simulate() leaves no node stuck when own addresses cannot be reached and the balancer is fair", async () => {
  const { replacement, death } = await simulate({
    ...{ ...SIZE, balancer: "random" },
    network: { ...BAD_NETWORK, direct: false },
  });
  assert.deepEqual([replacement.stuck, death.stuck], [0, 0]);
});

Deno.test("simulate() ends with nodes that blame the balancer when it hashes and there are no addresses", async () => {
  const { start, replacement } = await simulate({
    ...{ ...SIZE, balancer: "source-hash" },
    network: { ...BAD_NETWORK, addresses: false },
  });
  assert.equal(start.stuck, SIZE.nodes);
  assert.ok(replacement.stuck > 0);
  assert.equal(replacement.blamed, replacement.stuck);
});
