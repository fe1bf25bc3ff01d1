import { deepEqual, equal, match } from "node:assert/strict";
import type { Credentials } from "../helpers/credentials.ts";
import { LabCluster, labTest } from "../lab/mod.ts";
import { PORT } from "../lab/lab_cluster.ts";

/** What curl shows a proxy. */
function proxyWords(addr: string, as: Credentials): string[] {
  return [
    ...["--proxy", `https://${addr}`, "--proxy-cacert", as.cacert],
    ...["--proxy-cert", as.cert, "--proxy-key", as.key],
  ];
}

labTest("curl and CONNECT, with a node behind a firewall", async (t) => {
  await using cluster = await LabCluster.start({
    proxies: ["b"],
    nodes: ["web-1"],
  });
  const { admin } = cluster;

  await t.step(
    "curl does its own TLS with a node, through any proxy",
    async () => {
      for (const proxy of cluster.proxies) {
        const words = proxyWords(cluster.addressOf(proxy), admin);
        for (const protocol of ["--http2", "--http1.1"]) {
          const jobs = await cluster.curl(`web-1:${PORT}`, "/v1/jobs", {
            args: [...words, protocol, "--fail"],
          });
          equal(jobs.code, 0, jobs.stderr);
          deepEqual(JSON.parse(jobs.stdout), []);
        }
        const run = await cluster.curl(`web-1:${PORT}`, "/v1/run", {
          args: [...words, "--fail", "-d", `{"command":"hostname"}`],
        });
        equal(run.code, 0, run.stderr);
        const records = run.stdout.trim().split("\n").map((line) =>
          JSON.parse(line)
        );
        equal(records.at(-1).exit.code, 0);
        const [{ id }] = records;
        const removed = await cluster.curl(`web-1:${PORT}`, `/v1/jobs/${id}`, {
          args: [...words, "--fail", "-X", "DELETE"],
        });
        equal(removed.code, 0, removed.stderr);
      }
    },
  );

  await t.step(
    "a proxy opens streams to nodes only, and records who asked for one",
    async () => {
      const node = cluster.server("web-1").stateDir;
      const asNode = {
        cacert: admin.cacert,
        cert: `${node}/server.crt`,
        key: `${node}/server.key`,
      };
      for (
        const { target, as = admin, status } of [
          { target: `web-1:${PORT}`, as: asNode, status: 403 },
          { target: "web-1:22", status: 403 },
          { target: "web-2:7443", status: 404 },
          { target: `${cluster.addressOf("a").split(":")[0]}:22`, status: 404 },
        ]
      ) {
        const { code, stderr } = await cluster.curl(target, "/v1/jobs", {
          args: proxyWords(cluster.addressOf("a"), as),
        });
        equal(code, 56, target);
        match(stderr, new RegExp(`response ${status}`), target);
      }
      const { stdout } = await cluster.server("a").administer(
        ["events", "--json", "--action=node.connect"],
      );
      const events = stdout.trim().split("\n").map((line) => JSON.parse(line));
      deepEqual(
        events.filter(({ result }) => result !== "ok")
          .map(({ actor, result, status }) => [actor.name, result, status]),
        [
          ["web-1", "refused", 403],
          ["admin", "refused", 403],
          ["admin", "failed", 404],
          ["admin", "failed", 404],
        ],
      );
    },
  );
});
