import { deepEqual, equal, match, ok } from "node:assert/strict";
import { CuttingProxy } from "../../helpers/cutting_proxy.ts";
import { GrowingText } from "../../helpers/growing_text.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { exampleNode, ServedNodes } from "../served_nodes.ts";

const PROD = { labels: { env: "prod" } };

/** A shell script that is another `$n` on each node: 1, 2, … */
const TURN = (dir: string) =>
  `n=1; while ! mkdir ${dir}/turn-$n 2>/dev/null; do n=$((n+1)); done; `;

function lines(text: string): string[] {
  return text.split("\n").filter(Boolean).sort();
}

/** Whether the first thousand lines of nodes "a" and "b" have come. */
function followsBoth(stdout: string): boolean {
  return ["a", "b"].every((node) => stdout.includes(`${node} | 1000\n`));
}

/** The rows of the table at the end, without its time column. */
function table(stderr: string): string[][] {
  return stderr.split("\n").filter((line) => /^\S+ +(?:\d+|-) /.test(line))
    .map((line) => {
      const [node, code, , ...note] = line.split(/ {2,}/);
      return [node!, code!.trim(), note.join(" ")];
    });
}

Deno.test("run --on runs on every node that fits and exits like the worst", async () => {
  await using nodes = await ServedNodes.start([
    exampleNode("a", PROD),
    exampleNode("long-name", PROD),
    exampleNode("other", { labels: { env: "test" } }),
  ]);
  const script = `${TURN(nodes.dir)} echo out; echo err >&2; exit $n`;
  const { code, stdout, stderr } = await nodes.worker([
    ...["run", "--on", "env=prod", "sh", "-c", script],
  ]);
  equal(code, 2);
  deepEqual(lines(stdout), ["a         | out", "long-name | out"]);
  match(stderr, /^a {9}\| err$/m);
  match(stderr, /^long-name \| err$/m);
  match(stderr, /^2 nodes: 0 well, 2 failed$/m);
  deepEqual(table(stderr).map(([node]) => node), ["a", "long-name"]);
  deepEqual(table(stderr).map(([, code]) => code).sort(), ["1", "2"]);
});

Deno.test("run --on tells what labels there are when no node fits", async () => {
  await using nodes = await ServedNodes.start([exampleNode("a", PROD)]);
  const { code, stdout, stderr } = await nodes.worker([
    ...["run", "--on", "env=dev", "--on", "b*", "true"],
  ]);
  deepEqual([code, stdout], [2, ""]);
  match(stderr, /no node is "env=dev" or "b\*": labels are env=prod/);
});

Deno.test("run --on counts nodes that can't be reached as lost", async () => {
  await using nodes = await ServedNodes.start([
    exampleNode("gone", { state: "offline", lastSeen: "2026-01-02T03:04:05Z" }),
    exampleNode("here"),
    exampleNode("stuck"),
  ]);
  nodes.lost.add("stuck");
  const all = await nodes.worker(["run", "--on", "all", "echo", "hi"]);
  equal(all.code, 255);
  match(all.stdout, /^here +\| hi$/m);
  deepEqual(table(all.stderr), [
    ["here", "0", ""],
    ["stuck", "255", 'no way to "stuck"'],
    ["gone", "255", "offline since 2026-01-02T03:04:05Z"],
  ]);
  const some = await nodes.worker([
    ...["run", "--on", "all", "--skip-offline", "--on", "here", "true"],
  ]);
  equal(table(some.stderr).length, 2);
});

Deno.test("run --on begins on no further node when it failed on as many as it may", async () => {
  await using nodes = await ServedNodes.start(
    ["a", "b", "c", "d"].map((name) => exampleNode(name)),
  );
  const { code, stderr } = await nodes.worker([
    ...["run", "--on", "all", "--parallel", "1", "--max-failures", "2"],
    ...["sh", "-c", "exit 3"],
  ]);
  equal(code, 3);
  deepEqual(table(stderr).map(([, code]) => code), ["3", "3", "-", "-"]);
  match(stderr, /4 nodes: 0 well, 2 failed, 2 not begun/);
  equal((await nodes.jobs.list()).length, 2);
});

Deno.test("run --on --fail-fast stops what runs elsewhere when it failed on one node", async () => {
  await using nodes = await ServedNodes.start(
    ["a", "b", "c"].map((name) => exampleNode(name)),
  );
  // The first one fails when the second one runs; the third one waits for a place.
  const script = `${TURN(nodes.dir)}
    [ $n = 2 ] && exec sleep 600
    while ! [ -d ${nodes.dir}/turn-2 ]; do sleep 0.05; done; exit 9`;
  const { code, stderr } = await nodes.worker([
    ...["run", "--on", "all", "--parallel", "2", "--fail-fast"],
    ...["sh", "-c", script],
  ]);
  // The code of the failure, not of those that were stopped for it.
  equal(code, 9);
  const codes = table(stderr).map(([, code]) => code);
  deepEqual([...codes].sort(), ["-", "143", "9"]);
  match(stderr, /not begun: it failed on another node/);
  match(stderr, /143 .* stopped: it failed on another node/);
  match(stderr, /3 nodes: 0 well, 1 failed, 1 stopped, 1 not begun/);
  const running = await nodes.jobs.list({ state: ["running", "stopping"] });
  equal(running.length, 0);
});

Deno.test("run --on forwards a signal to all nodes and kills with the second one", async () => {
  await using nodes = await ServedNodes.start(
    ["a", "b", "c"].map((name) => exampleNode(name)),
  );
  const script =
    `trap 'echo got it' INT; echo ready; while :; do sleep 0.05; done`;
  const child = nodes.spawn([
    ...["run", "--on", "all", "--parallel", "2", "sh", "-c", script],
  ]);
  const stdout = new GrowingText(child.stdout);
  const stderr = new Response(child.stderr).text();
  const count = (what: string) => stdout.text.split(what).length - 1;
  await waitFor("both to run", () => count("ready") === 2);
  child.kill("SIGINT");
  await waitFor("both to take it", () => count("got it") === 2);
  child.kill("SIGINT");
  equal((await child.status).code, 137);
  await stdout.whole;
  deepEqual(table(await stderr).map(([, code]) => code), ["137", "137", "-"]);
  equal((await nodes.jobs.list()).length, 2);
});

Deno.test("run --on goes on where it was when the connections break", async () => {
  await using nodes = await ServedNodes.start(
    ["a", "b"].map((name) => exampleNode(name)),
  );
  await using proxy = await CuttingProxy.listen(
    nodes.addr.replace("localhost", "127.0.0.1"),
  );
  nodes.addr = proxy.addr.replace("127.0.0.1", "localhost");
  const go = `${nodes.dir}/go`;
  const script =
    `seq 1000; while ! [ -e ${go} ]; do sleep 0.05; done; seq 1001 2000`;
  const child = nodes.spawn(["run", "--on", "all", "sh", "-c", script]);
  const stdout = new GrowingText(child.stdout);
  const stderr = new Response(child.stderr).text();
  await waitFor("both to be followed", () => followsBoth(stdout.text));
  proxy.cut();
  await Deno.writeTextFile(go, "");
  equal((await child.status).code, 0);
  const expected = Array.from({ length: 2000 }, (_, n) => n + 1);
  for (const node of ["a", "b"]) {
    const got = (await stdout.whole).split("\n")
      .filter((line) => line.startsWith(`${node} | `))
      .map((line) => Number(line.slice(4)));
    deepEqual(got, expected, node);
  }
  ok((await stderr).includes("resuming"));
});

Deno.test("run --on goes on through another proxy when one is gone", async () => {
  await using nodes = await ServedNodes.start(
    ["a", "b"].map((name) => exampleNode(name)),
  );
  const target = nodes.addr.replace("localhost", "127.0.0.1");
  const first = await CuttingProxy.listen(target);
  await using second = await CuttingProxy.listen(target);
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(first);
  const local = (addr: string) => addr.replace("127.0.0.1", "localhost");
  nodes.addr = `${local(first.addr)},${local(second.addr)}`;
  const go = `${nodes.dir}/go`;
  const script =
    `seq 1000; while ! [ -e ${go} ]; do sleep 0.05; done; seq 1001 2000`;
  const child = nodes.spawn(["run", "--on", "all", "sh", "-c", script]);
  const stdout = new GrowingText(child.stdout);
  const stderr = new Response(child.stderr).text();
  await waitFor("both to be followed", () => followsBoth(stdout.text));
  equal(second.bytes, 0);
  await cleanup.disposeAsync();
  await Deno.writeTextFile(go, "");
  equal((await child.status).code, 0, await stderr);
  equal((await stdout.whole).split("\n").length - 1, 4000);
});

Deno.test("run --on --json merges the records of all nodes, each with its node", async () => {
  await using nodes = await ServedNodes.start([
    exampleNode("a"),
    exampleNode("b", { state: "offline" }),
    exampleNode("c"),
  ]);
  nodes.lost.add("c");
  const { stdout } = await nodes.worker([
    ...["run", "--on", "all", "--json", "echo", "hi"],
  ]);
  const records = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  deepEqual(
    records.filter(({ node }) => node === "a").map(({ type }) => type),
    ["job", "output", "end"],
  );
  equal(records.find(({ type }) => type === "output").data, "hi\n");
  const errors = records.filter(({ type }) => type === "error");
  deepEqual(errors.map(({ node, exitCode }) => [node, exitCode]).sort(), [
    ["b", 255],
    ["c", 255],
  ]);
});

Deno.test("run --on --group prints equal outputs once with their nodes", async () => {
  await using nodes = await ServedNodes.start(
    ["a", "b", "c"].map((name) => exampleNode(name)),
  );
  const script = `${TURN(nodes.dir)} [ $n = 3 ] && echo other || echo same`;
  const { code, stdout } = await nodes.worker([
    ...["run", "--on", "all", "--group", "sh", "-c", script],
  ]);
  equal(code, 0);
  match(stdout, /^== [abc], [abc] \(2 nodes\)\nsame$/m);
  match(stdout, /^== [abc]\nother$/m);
  equal(stdout.split("\n").length - 1, 4);
});

Deno.test("run --on -d leaves the jobs and prints their ids", async () => {
  await using nodes = await ServedNodes.start(
    ["a", "b"].map((name) => exampleNode(name)),
  );
  const { code, stdout } = await nodes.worker([
    ...["run", "-d", "--on", "all", "true"],
  ]);
  equal(code, 0);
  const ids = (await nodes.jobs.list()).map(({ id }) => id).sort();
  deepEqual(lines(stdout).map((line) => line.split(" ")[1]).sort(), ids);
  deepEqual(lines(stdout).map((line) => line[0]), ["a", "b"]);
});

Deno.test("run --on ends the jobs when nobody reads its output", async () => {
  await using nodes = await ServedNodes.start(
    ["a", "b"].map((name) => exampleNode(name)),
  );
  const child = nodes.spawn(["run", "--on", "all", "yes"]);
  void child.stderr.cancel();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  equal((await child.status).code, 141);
  await waitFor("the jobs to end", async () => {
    const jobs = await nodes.jobs.list();
    return jobs.length === 2 && jobs.every(({ exit }) => exit !== null);
  });
});

Deno.test("run refuses what contradicts --on", async () => {
  await using nodes = await ServedNodes.start([]);
  for (
    const [args, said] of [
      [["--on", "all", "--node", "a"], /"--on" and "--node" exclude/],
      [["--on", "all", "-i"], /"--on" and "--interactive" exclude/],
      [["--on", "all", "--group", "--json"], /"--group" and "--json" exclude/],
      [["--parallel", "3"], /"--parallel" needs --on/],
      [["--on", "=x"], /"=x" selects no nodes/],
    ] as const
  ) {
    const { code, stderr } = await nodes.worker(["run", ...args, "true"]);
    equal(code, 2);
    match(stderr, said);
  }
});
