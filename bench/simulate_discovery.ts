/**
 * `make simulate`: a cluster of 10,000 nodes and 10 proxies on a virtual clock, behind balancers of
 * four kinds, with gossip that is late, lost and out of order. Prints a table; exits with 1 when a
 * node ends stuck or dials were wasted.
 *
 * Options: `--nodes N`, `--proxies N`, `--seed N`, and `--no-addresses`, with which gossip tells no
 * addresses and all dials go through the balancer.
 */
import { parseArgs } from "node:util";
import { BALANCERS } from "./discovery/balancer.ts";
import { BAD_NETWORK } from "./discovery/network.ts";
import { type PhaseResult, simulate } from "./discovery/simulate.ts";

const MOST_DIALS = 1.2;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    nodes: { type: "string", default: "10000" },
    proxies: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    "no-addresses": { type: "boolean", default: false },
  },
});
const addresses = !values["no-addresses"];
const [nodes, proxies, seed] = [values.nodes, values.proxies, values.seed]
  .map(Number) as [number, number, number];
const network = { ...BAD_NETWORK, addresses };

console.log(
  `${nodes} nodes, ${proxies} proxies, seed ${seed}; gossip: ` +
    `${percent(network.dropped)} lost, ${percent(network.late)} up to ` +
    `${network.latestMs / 1000} s late; ` +
    `${addresses ? "with" : "without"} the proxies' own addresses\n`,
);
console.log(
  "| balancer | phase | p50 | p99 | max | dials a connection | dials/s at the worst proxy | stuck |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
let failed = false;
for (const balancer of BALANCERS) {
  const result = await simulate({ nodes, proxies, balancer, network, seed });
  for (const [name, phase] of Object.entries(result)) {
    console.log(row(balancer, name, phase));
    const wasteful = name !== "death" && phase.dialsPerConnection > MOST_DIALS;
    failed ||= addresses && (phase.stuck > 0 || wasteful);
  }
}
if (failed) {
  console.log(`\nmissed: 0 stuck, at most ${MOST_DIALS} dials a connection`);
  Deno.exitCode = 1;
}

function row(balancer: string, name: string, phase: PhaseResult): string {
  const times = phase.times.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const ms = times[Math.ceil(share * times.length) - 1];
    return ms === undefined ? "–" : `${(ms / 1000).toFixed(1)} s`;
  };
  const stuck = phase.stuck === 0
    ? "0"
    : `${phase.stuck}, ${phase.blamed} blame the balancer`;
  const cells = [
    ...[balancer, name, at(0.5), at(0.99), at(1)],
    phase.dialsPerConnection.toFixed(2),
    ...[String(phase.worstSecond), stuck],
  ];
  return `| ${cells.join(" | ")} |`;
}

function percent(share: number): string {
  return `${share * 100} %`;
}
