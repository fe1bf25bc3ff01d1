/** Servers of the sources as processes: one that is a cluster's authority, others that join it. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { CreatedToken } from "../../../lib/api/cluster.ts";
import { runCommand } from "../../helpers/command.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { startWorker, Worker, WORKER_SOURCES } from "../../helpers/worker.ts";

const program = WORKER_SOURCES;

async function createToken(auth: Worker, role = "node"): Promise<CreatedToken> {
  const { code, stdout, stderr } = await auth.cli([
    ...[
      "token",
      "create",
      `--roles=${role}`,
      "--json",
      "--addr-for=localhost:1",
    ],
  ]);
  equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** Words by which a host joins, through the loopback name that the authority's certificate has. */
function joining(auth: Worker, { token, caPins }: CreatedToken): string[] {
  const port = auth.addr.split(":").at(-1);
  return [
    `--proxy=localhost:${port}`,
    `--join=${token}`,
    ...caPins.map((pin) => `--ca-pin=${pin}`),
  ];
}

Deno.test("worker serve joins a cluster with a token, and needs none from then on", async (t) => {
  await using auth = await startWorker({ program });
  const created = await createToken(auth);
  const self = ["--roles=node", "--name=web-1", "--label=env=prod"];
  await using node = await startWorker({
    program,
    args: [...self, ...joining(auth, created)],
  });
  const { stateDir } = node;
  const certificate = () => Deno.readTextFile(`${stateDir}/server.crt`);

  await t.step("it is a node of the cluster", async () => {
    await waitFor("the node to be heard of", async () => {
      const { stdout } = await auth.cli(["nodes", "ls", "env=prod"]);
      return stdout.includes("web-1");
    });
    for (const file of ["server.key", "server.crt", "servers.json"]) {
      const { mode } = await Deno.stat(`${stateDir}/${file}`);
      equal((mode ?? 0) & 0o777, 0o600, file);
    }
    const names = [...Deno.readDirSync(`${stateDir}/ca`)].map((e) => e.name);
    deepEqual(names, ["ca.crt"]);
    ok(!node.log.includes(created.token), "the token is in the log");
  });

  await t.step("it starts again with the used token", async () => {
    const before = await certificate();
    await node.restart();
    equal(await certificate(), before);
    await waitFor(
      "word of the token",
      () => /is node web-1 of its cluster already/.test(node.log),
    );
  });

  await t.step("it is not started as an authority by a slip", async () => {
    await node.stop();
    const { code, stderr } = await node.cli([
      ...["serve", `--state-dir=${stateDir}`, "--listen=127.0.0.1:0"],
    ]);
    equal(code, 120 + 2, stderr);
    match(stderr, /has joined a cluster whose authority is elsewhere/);
    equal(await Deno.stat(`${stateDir}/ca/ca.key`).catch(() => null), null);
  });
});

Deno.test("worker serve says why it can't join", async (t) => {
  await using auth = await startWorker({ program });
  const created = await createToken(auth);
  const port = auth.addr.split(":").at(-1);
  const folder = await Deno.makeTempDir({ prefix: "worker-join-" });
  const wrongPin = `sha256:${"0".repeat(64)}`;
  const unknown = `worker-k3v8m2c7-${"0".repeat(32)}`;
  const cases: [string, string[], RegExp][] = [
    [
      "a wrong pin",
      [
        `--proxy=localhost:${port}`,
        `--join=${created.token}`,
        "--ca-pin",
        wrongPin,
      ],
      /no token was sent/,
    ],
    [
      "a token that is none of this cluster's",
      joining(auth, { ...created, token: unknown }),
      /not a token of this cluster/,
    ],
    [
      "a token file that is not there",
      joining(auth, { ...created, token: `${folder}/none` }),
      /cannot read the token: there is no file/,
    ],
  ];
  for (const [what, args, said] of cases) {
    await t.step(what, async () => {
      const { code, stderr } = await runCommand([
        ...[...program, "serve", "--roles=node", "--name=web-1"],
        ...[`--state-dir=${folder}/state`, ...args],
      ], { env: auth.env });
      ok(code !== 0);
      match(stderr, said);
      ok(!stderr.includes(created.token));
    });
  }
  await Deno.remove(folder, { recursive: true });
});
