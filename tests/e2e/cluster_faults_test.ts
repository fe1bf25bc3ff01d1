import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { sha256 } from "../helpers/digest.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { Follower, LabCluster, labTest } from "../lab/mod.ts";

/** A script that prints this a tenth of a second apart, the same each time. */
const printing = (rounds: number) =>
  `i=0; while [ $i -lt ${rounds} ]; do i=$((i+1)); seq 1 2000; sleep 0.1; done`;

const ROUND = Array.from({ length: 2000 }, (_, i) => `${i + 1}\n`).join("");

/** All of them, each to its end: none goes on when the cluster is gone because another one failed. */
async function all(...waits: readonly Promise<unknown>[]): Promise<void> {
  const ends = await Promise.allSettled(waits);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

labTest("a cluster of three proxies and five closed nodes", async (t) => {
  await using cluster = await LabCluster.start();
  const step = async (name: string, fn: () => Promise<void>) => {
    const ok = await t.step(name, fn);
    if (!ok) console.log(await cluster.logs());
  };

  await step("nobody can connect to a node", async () => {
    for (const name of cluster.nodes) {
      const { host } = cluster.server(name);
      const { stdout } = await host.run(["ss", "-Hltn"]);
      const listening = stdout.split("\n").filter((line) =>
        line !== "" && !/\s(127\.0\.0\.1|\[::1\]):/.test(line)
      );
      deepEqual(listening, [], name);
    }
  });

  await step("every node is run on through every proxy", async () => {
    const pairs = cluster.proxies.flatMap((proxy) =>
      cluster.nodes.map((node) => ({ proxy, node }))
    );
    const namespace = ["readlink", "/proc/self/ns/net"];
    const [command, ...args] = namespace;
    await Promise.all(pairs.map(async ({ proxy, node }) => {
      const own = await cluster.server(node).host.run(namespace);
      const run = await cluster.curl(
        cluster.addressOf(proxy),
        `/v1/nodes/${node}/run`,
        { args: ["-d", JSON.stringify({ command, args })] },
      );
      ok(
        run.stdout.includes(own.stdout.trim()),
        `${node}, ${proxy}: ${run.stdout}`,
      );
    }));
    await Promise.all(cluster.proxies.map(async (proxy, index) => {
      const node = cluster.nodes[index]!;
      const own = await cluster.server(node).host.run(namespace);
      const run = await cluster.cli(cluster.addressOf(proxy), [
        ...["run", "--node", node, "--", ...namespace],
      ]);
      deepEqual([run.code, run.stdout], [0, own.stdout], run.stderr);
    }));
  });

  await step(
    "a node is found by its label, and two are told apart",
    async () => {
      const through = cluster.addressOf("b");
      const prod = await cluster.cli(through, ["nodes", "ls", "env=prod"]);
      deepEqual(prod.stdout.match(/web-\d/g), ["web-1", "web-2"]);
      const two = await cluster.cli(through, [
        ...["run", "--node", "env=prod", "true"],
      ]);
      notEqual(two.code, 0);
      match(two.stderr, /web-1.*web-2/s);
    },
  );

  /** Starts jobs through a proxy, and has their output followed there and through the balancer. */
  const follow = async (
    through: readonly string[],
    { nodes = ["web-1", "web-2", "web-3"], rounds = 25 }: {
      nodes?: readonly string[];
      rounds?: number;
    } = {},
  ) => {
    const { env } = cluster.server("a");
    const followers = await Promise.all(nodes.map((node, index) => {
      const addr = index === 2
        ? `${cluster.balancer.address},${cluster.addresses(...through)}`
        : cluster.addresses(...through);
      const words = cluster.client(addr, [
        ...["run", "--node", node, "--", "sh", "-c", printing(rounds)],
      ]);
      return Follower.start(cluster.laptop, words, { env });
    }));
    for (const follower of followers) await follower.grows(30_000);
    return async () => {
      const expected = new TextEncoder().encode(ROUND.repeat(rounds));
      const digest = await sha256(expected);
      for (const [index, follower] of followers.entries()) {
        const seen = await follower.end();
        deepEqual(
          { code: seen.code, bytes: seen.bytes, sha256: seen.sha256 },
          { code: 0, bytes: expected.length, sha256: digest },
          `${nodes[index]}: ${seen.stderr}`,
        );
      }
    };
  };

  await step(
    "a host that is stopped is offline by the time it ended",
    async () => {
      const node = cluster.server("web-5");
      await node.stop("SIGTERM");
      const stateAt = async (proxy: string) => {
        const nodes = await cluster.nodesAt(proxy);
        return nodes.find(({ name }) => name === "web-5")?.state;
      };
      equal(await stateAt("a"), "offline");
      await waitFor(
        "another proxy to know",
        async () => await stateAt("b") === "offline",
      );
      await node.start();
      await cluster.meshed();
    },
  );

  await step("work goes on without auth, which comes back", async () => {
    const whole = await follow(["a", "b", "c"]);
    await cluster.server("a").stop("SIGKILL");
    await cluster.meshed({ proxies: ["b", "c"] });
    equal((await cluster.nodesAt("b")).length, cluster.nodes.length);
    await cluster.server("a").start();
    await whole();
    await cluster.meshed();
    ok((await cluster.token("node")).token);
  });

  // Noticed some steps later, because that takes three heartbeats.
  await cluster.network.silence(cluster.server("web-5").host);
  const nodes = cluster.nodes.filter((name) => name !== "web-5");

  await step("jobs and followers outlive a proxy that is killed", async () => {
    const whole = await follow(["b", "c", "a"]);
    await cluster.server("b").stop("SIGKILL");
    const { code, stderr } = await cluster.cli(cluster.addresses("b", "c"), [
      ...["run", "--node", "web-4", "true"],
    ]);
    equal(code, 0, stderr);
    await whole();
    await cluster.server("b").start();
    await cluster.meshed({ proxies: ["b"], nodes });
  });

  await step(
    "jobs and followers outlive a proxy that is replaced",
    async () => {
      const whole = await follow(["b", "c", "a"]);
      await cluster.server("b").replace();
      await cluster.meshed({ nodes });
      await whole();
    },
  );

  await step(
    "a partition, a stopped proxy and a silent node are noticed and come back",
    async () => {
      // Cut off, a proxy loses the packets of its followers without a word.
      const silent = await follow(["c", "a"], { nodes: ["web-1", "web-2"] });
      const stopped = await follow(["b", "a"], { nodes: ["web-3"] });
      const { network } = cluster;
      await network.partition(
        ...["c", "web-4"].map((name) => cluster.server(name).host),
      );
      cluster.server("b").signal("SIGSTOP");
      try {
        await all(
          silent(),
          stopped(),
          // A tunnel through the balancer is lost too, and the node comes back by a way that it has.
          waitFor("a node of the smaller side to run there", async () => {
            const { code, stdout } = await cluster.cli(cluster.addressOf("c"), [
              ...["run", "--node", "web-4", "echo", "here"],
            ], { from: cluster.server("c").host });
            return code === 0 && stdout === "here\n";
          }, { timeout: 60_000 }),
          waitFor("a proxy to say since when it misses a node", async () => {
            const { code, stderr } = await cluster.cli(cluster.addressOf("a"), [
              ...["run", "--node", "web-4", "true"],
            ]);
            return code === 255 &&
              /"web-4" can't be reached: its tunnel to this proxy ended at/
                .test(stderr);
          }, { timeout: 60_000 }),
          waitFor("a silent node to be offline", async () => {
            const nodes = await cluster.nodesAt("a");
            return nodes.some(({ name, state, lastSeen }) =>
              name === "web-5" && state === "offline" &&
              Date.parse(lastSeen ?? "") > 0
            );
          }, { timeout: 90_000, interval: 500 }),
        );
      } finally {
        await network.heal();
        cluster.server("b").signal("SIGCONT");
      }
      await cluster.meshed();
    },
  );

  await step(
    "a rolling deployment costs nobody a byte, and ends on the new generation",
    async () => {
      const whole = await follow(["b", "c", "a"], { rounds: 100 });
      for (const name of ["b", "c", "a"]) {
        const server = cluster.server(name);
        await server.stop("SIGTERM");
        server.args = [...server.args, "--proxy-generation=1"];
        await server.start();
        await cluster.meshed({ proxies: [name] });
      }
      await whole();
      await cluster.meshed();
    },
  );
});
