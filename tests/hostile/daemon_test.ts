/** The built daemon, attacked while it works: nothing that it had accepted is lost. */
import { equal, ok } from "node:assert/strict";
import { credentials } from "../helpers/listener.ts";
import { ask } from "../helpers/peers.ts";
import { startWorker } from "../helpers/worker.ts";
import { ATTACKS } from "./attacks/mod.ts";
import type { Target } from "./wire.ts";

/**
 * Who attacks, round by round, and what a round may add to the memory: the first ones warm the heap
 * up, which V8 keeps for the next time; what grows in the last one leaks.
 */
const ROUNDS = [
  { who: "a stranger", member: false, growth: 160 << 20 },
  { who: "a member", member: true, growth: 200 << 20 },
  { who: "the member again", member: true, growth: 96 << 20 },
];

/** All rounds together end in this time, even on a host that has other work. */
const LONGEST_MS = 10 * 60_000;

Deno.test("worker serve survives hostile peers and loses no byte of a job", async (t) => {
  const { evil } = await credentials();
  await using worker = await startWorker();
  const port = Number(worker.addr.split(":").at(-1));
  const read = (path: string) => Deno.readTextFileSync(path);
  const ca = read(worker.admin.cacert);
  const client = { cert: read(worker.admin.cert), key: read(worker.admin.key) };
  const start = async (job: unknown) => {
    const { stdout } = await worker.curl("/v1/jobs", [
      "-d",
      JSON.stringify(job),
    ]);
    return `/v1/jobs/${JSON.parse(stdout).id}`;
  };
  const printed = await start({
    command: "head",
    args: ["-c", "20M", "/dev/zero"],
  });
  const idle = await start({ command: "sleep", args: ["1000"] });
  const reader = await start({ command: "cat", stdin: true });
  const paths = {
    download: `${printed}/output?follow=true&format=raw`,
    hang: `${idle}/output?follow=true`,
    upload: `${reader}/input`,
  };
  const target: Target = { host: "localhost", port, ca, evil, paths };
  const rss = () =>
    1024 *
    Number(/VmRSS:\s+(\d+) kB/.exec(read(`/proc/${worker.pid}/status`))?.[1]);
  const { pid } = worker;

  // It prints until it is told to stop, and is followed from before the first attack to its end.
  const stop = `${worker.folder}/stop`;
  const following = worker.cli([
    "run",
    "sh",
    "-c",
    `i=0; until [ -e ${stop} ]; do i=$((i+1)); echo $i; sleep 0.01; done`,
  ], { timeout: LONGEST_MS });

  for (const { who, member, growth } of ROUNDS) {
    const baseline = rss();
    const as = member ? { ...target, client } : target;
    for (const [name, attack] of Object.entries(ATTACKS)) {
      await t.step(`of ${name} by ${who}`, async () => {
        await attack(as);
        equal(worker.pid, pid);
        const { text } = await ask("/healthz", { port, ca, http2: false });
        equal(text, '{"status":"ok"}');
        const grown = rss() - baseline;
        ok(grown < growth, `grew by ${Math.round(grown / 2 ** 20)} MiB`);
      });
    }
  }

  await Deno.writeTextFile(stop, "");
  const { code, stdout } = await following;
  equal(code, 0);
  const lines = stdout.trimEnd().split("\n");
  equal(lines.findIndex((line, index) => line !== String(index + 1)), -1);
  ok(lines.length > 1);
});
