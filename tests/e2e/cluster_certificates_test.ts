import { deepEqual, equal } from "node:assert/strict";
import type { ProxyStatus } from "../../lib/api/presence.ts";
import type { RotationStatus } from "../../lib/api/rotation.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { LabCluster, labTest } from "../lab/mod.ts";

/** How to wait for what comes with the next heartbeat or the one after, each 15 s. */
const HEARTBEATS = { timeout: 60_000, interval: 500 };

labTest(
  "certificates of a cluster that runs are replaced and revoked",
  async (t) => {
    await using cluster = await LabCluster.start({
      proxies: ["b"],
      nodes: ["web-1"],
    });
    const auth = cluster.server("a");
    const step = async (name: string, fn: () => Promise<void>) => {
      if (!await t.step(name, fn)) console.log(await cluster.logs());
    };

    const rotate = async (
      ...words: readonly string[]
    ): Promise<RotationStatus> => {
      const { code, stdout, stderr } = await auth.administer([
        ...["certs", "rotate", "--json"],
        ...words,
      ]);
      equal(code, 0, stderr);
      return JSON.parse(stdout);
    };

    /** When members were heard of last. */
    const heard = async (): Promise<Record<string, string | null>> => {
      const { stdout } = await cluster.cli(cluster.addressOf("a"), [
        ...["proxies", "ls", "--json"],
      ]);
      const proxies: ProxyStatus[] = JSON.parse(stdout);
      const members = [...await cluster.nodesAt("a"), ...proxies];
      return Object.fromEntries(
        members.map(({ name, lastSeen }) => [name, lastSeen]),
      );
    };

    await step("members go on when the authority was replaced", async () => {
      for (const phase of ["begin", "issue"]) {
        await rotate(phase);
        await waitFor(
          `all members to have moved after "${phase}"`,
          async () => (await rotate()).notMoved.length === 0,
          HEARTBEATS,
        );
      }
      equal((await rotate("end")).phase, "none");
      const ended = new Date().toISOString();
      await waitFor("heartbeats of all members", async () => {
        const { b, "web-1": node } = await heard();
        return (b ?? "") > ended && (node ?? "") > ended;
      }, HEARTBEATS);
      await cluster.meshed();
    });

    await step(
      "a proxy that is put out has no tunnel and hears of nothing",
      async () => {
        const { code, stderr } = await auth.administer(["proxies", "rm", "b"]);
        equal(code, 0, stderr);
        const said = (name: string, what: RegExp) =>
          waitFor(
            `"${name}" to say ${what}`,
            async () => what.test(await cluster.server(name).log()),
            HEARTBEATS,
          );
        await said("b", /auth can't be watched/);
        await said(
          "web-1",
          /the tunnel to the proxy b was cut: the certificate of \\"b\\" .*revoked/,
        );
        const [own, others] = [
          await cluster.reaches("a", "web-1"),
          await cluster.reaches("b", "web-1"),
        ];
        deepEqual([own, others], [true, false]);
        // It depends on whether the node has dialled it before it heard that it left.
        const notConnected =
          /proxy: b: (not connected;.*revoked|its connection ended, and nobody mentions it)/;
        await waitFor("the doctor to know it is gone", async () => {
          const { stdout } = await cluster.server("web-1").administer([
            ...["doctor", "tunnel"],
          ]);
          return notConnected.test(stdout);
        });
      },
    );
  },
);
