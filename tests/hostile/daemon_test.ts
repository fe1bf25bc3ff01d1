/** The built daemon, attacked while it works: nothing that it had accepted is lost. */
import { equal, ok } from "node:assert/strict";
import { credentials } from "../helpers/listener.ts";
import { ask } from "../helpers/peers.ts";
import { startWorker } from "../helpers/worker.ts";
import { ATTACKS } from "./attacks/mod.ts";
import type { Target } from "./wire.ts";

/** See `listener_test.ts`: a first round warms the heap up, a second one shows leaks. */
const GROWTH_BYTES = { stranger: 160 << 20, member: 64 << 20 };

Deno.test("worker serve survives hostile peers and loses no byte of a job", async (t) => {
  const { evil } = await credentials();
  await using worker = await startWorker();
  const port = Number(worker.addr.split(":").at(-1));
  const read = (path: string) => Deno.readTextFileSync(path);
  const ca = read(worker.admin.cacert);
  const client = { cert: read(worker.admin.cert), key: read(worker.admin.key) };
  const target: Target = { host: "localhost", port, ca, evil };
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
  ]);

  for (const who of ["stranger", "member"] as const) {
    const baseline = rss();
    const as = who === "member" ? { ...target, client } : target;
    for (const [name, attack] of Object.entries(ATTACKS)) {
      await t.step(`of ${name} by a ${who}`, async () => {
        await attack(as);
        equal(worker.pid, pid);
        const { text } = await ask("/healthz", { port, ca, http2: false });
        equal(text, '{"status":"ok"}');
        const growth = rss() - baseline;
        ok(
          growth < GROWTH_BYTES[who],
          `grew by ${Math.round(growth / 2 ** 20)} MiB`,
        );
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
