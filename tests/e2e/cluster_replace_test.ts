import { deepEqual, equal } from "node:assert/strict";
import { waitFor } from "../helpers/wait_for.ts";
import { LabCluster, labTest } from "../lab/mod.ts";

/** How often each server is replaced. */
const ROUNDS = 4;

labTest(
  "no call through proxies fails while proxies and nodes are replaced",
  async () => {
    await using cluster = await LabCluster.start({
      proxies: ["b"],
      nodes: ["web-1"],
    });
    const failures: string[] = [];
    const calls: Record<string, number> = {};
    let over = false;

    /** Asks again and again, on a new connection each time. */
    async function keepAsking(
      kind: string,
      ask: () => Promise<{ code: number; stdout: string; stderr: string }>,
      isGood: (stdout: string) => boolean,
    ): Promise<void> {
      calls[kind] = 0;
      while (!over) {
        const { code, stdout, stderr } = await ask();
        if (code === 0 && isGood(stdout)) calls[kind]++;
        else failures.push(`${kind}: ${code}: ${stdout}${stderr}`);
      }
    }
    const loops = ["a", "b"].flatMap((proxy) => {
      const at = cluster.addressOf(proxy);
      return [
        keepAsking(
          `run through ${proxy}`,
          () =>
            cluster.curl(at, "/v1/nodes/web-1/run", {
              args: ["--fail-with-body", "-d", '{"command":"true"}'],
            }),
          (stdout) => stdout.includes('"type":"end"'),
        ),
        keepAsking(
          `nodes of ${proxy}`,
          () => cluster.curl(at, "/v1/nodes", { args: ["--fail-with-body"] }),
          (stdout) => stdout.includes('"web-1"'),
        ),
      ];
    });
    loops.push(keepAsking(
      "tokens of auth",
      () => cluster.cli(cluster.addressOf("a"), ["token", "ls", "--json"]),
      (stdout) => stdout.startsWith("["),
    ));
    loops.push(keepAsking(
      "run on all",
      () =>
        cluster.cli(cluster.addressOf("a"), [
          ...["run", "--on=web-1", "--on=env=prod", "echo", "here"],
        ]),
      (stdout) => stdout.includes("here"),
    ));
    try {
      for (let round = 0; round < ROUNDS; round++) {
        for (const name of ["a", "b", "web-1"]) {
          await cluster.server(name).replace();
          const before = { ...calls };
          await waitFor(
            "a call of each kind",
            () =>
              failures.length > 0 ||
              Object.entries(calls).every(([kind, count]) =>
                count > before[kind]!
              ),
          );
        }
      }
    } finally {
      over = true;
      await Promise.all(loops);
    }
    deepEqual(failures, []);
    equal(cluster.server("web-1").running, true);
  },
);
