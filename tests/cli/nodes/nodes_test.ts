import { deepEqual, equal, match } from "node:assert/strict";
import type { AuthServices } from "../../../lib/http/cluster_services.ts";
import { WorkerError } from "../../../lib/api/errors.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { exampleNode, ServedNodes } from "../served_nodes.ts";

Deno.test("worker nodes lists the nodes that fit, as a table, as names and as they were sent", async () => {
  await using nodes = await ServedNodes.start([
    exampleNode("a", { labels: { env: "prod" } }),
    exampleNode("b", { state: "offline" }),
  ]);
  match((await nodes.worker(["nodes"])).stdout, /^b +offline/m);
  equal((await nodes.worker(["nodes", "ls", "-q", "env=prod"])).stdout, "a\n");
  equal((await nodes.worker(["nodes", "env=prod", "-q"])).stdout, "a\n");
  const all = JSON.parse((await nodes.worker(["nodes", "--json"])).stdout);
  deepEqual(all, nodes.directory.nodes());
  const some = JSON.parse(
    (await nodes.worker(["nodes", "ls", "b", "--json"])).stdout,
  );
  deepEqual(some, [nodes.directory.node("b")]);
});

Deno.test("worker nodes ls --watch --json prints what changes", async () => {
  await using nodes = await ServedNodes.start([exampleNode("a")]);
  const child = nodes.spawn(["nodes", "ls", "--watch", "--json"]);
  let said = "";
  const reading = child.stdout.pipeThrough(
    new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
  ).pipeTo(new WritableStream({ write: (text) => void (said += text) }));
  void child.stderr.cancel();
  await waitFor("what is there", () => said.includes('"synced"'));
  nodes.directory.setNode(exampleNode("b"));
  nodes.directory.remove("node", "a");
  await waitFor("the changes", () => said.includes('"removed"'));
  child.kill("SIGTERM");
  await child.status;
  await reading;
  const lines = said.trimEnd().split("\n").map((line) => JSON.parse(line));
  deepEqual(lines.map(({ type, name }) => [type, name]), [
    ["node", "a"],
    ["synced", undefined],
    ["node", "b"],
    ["removed", "a"],
  ]);
});

Deno.test("worker nodes rm revokes each node and says so", async () => {
  const revoked: string[] = [];
  const auth = {
    members: {
      revoke({ kind, name }) {
        if (name === "none") throw new WorkerError("NOT_FOUND", "no such node");
        revoked.push(`${kind} ${name}`);
        return Promise.resolve();
      },
    },
  } as Pick<AuthServices, "members">;
  await using nodes = await ServedNodes.start([], {
    auth: () => auth as AuthServices,
  });
  const { code, stderr } = await nodes.worker([
    "nodes",
    "rm",
    "a",
    "none",
    "b",
  ]);
  equal(code, 123);
  deepEqual(revoked, ["node a", "node b"]);
  match(stderr, /node "b" is revoked/);
  equal((await nodes.worker(["proxies", "rm", "p"])).code, 0);
  deepEqual(revoked.at(-1), "proxy p");
});

Deno.test("--node and WORKER_NODE reach the jobs of a node, by every command of jobs", async () => {
  await using nodes = await ServedNodes.start([exampleNode("a")]);
  const at = ["--node", "a"];
  const { stdout } = await nodes.worker(["start", ...at, "sleep", "600"]);
  const id = stdout.trim();
  match((await nodes.worker(["status", ...at, id])).stdout, /^state +running/m);
  match((await nodes.worker(["--node", "a", "ls"])).stdout, new RegExp(id));
  equal((await nodes.worker(["stop", ...at, id])).code, 0);
  equal((await nodes.worker(["output", ...at, "-f", id])).code, 143);
  equal((await nodes.worker(["wait", ...at, id])).code, 143);
  equal((await nodes.worker(["run", ...at, "sh", "-c", "exit 7"])).code, 7);
  equal((await nodes.worker(["rm", ...at, id])).code, 0);
  match((await nodes.worker(["events", ...at])).stdout, /job\.remove/);
  const unknown = await nodes.worker(["ls", "--node", "x"]);
  equal(unknown.code, 123);
  match(unknown.stderr, /no node "x"/);
  nodes.lost.add("a");
  const lost = await nodes.worker(["run", ...at, "true"]);
  equal(lost.code, 255);
  match(lost.stderr, /no way to "a"/);
});

Deno.test("a command line that names no command, a wrong one, or no node, is refused", async () => {
  await using nodes = await ServedNodes.start([]);
  for (
    const [args, said] of [
      [["token"], /"worker token" needs a command/],
      [["token", "make"], /"token make" is not a command/],
      [["nodes", "ls", "--node", "a"], /"--node" is not an option/],
      [["run", "--node", "", "true"], /--node: "" names no node/],
    ] as const
  ) {
    const { code, stderr } = await nodes.worker(args);
    equal(code, 2);
    match(stderr, said);
  }
  match((await nodes.worker(["token", "--help"])).stdout, /create/);
  match((await nodes.worker(["nodes", "ls", "-h"])).stdout, /--watch/);
});
