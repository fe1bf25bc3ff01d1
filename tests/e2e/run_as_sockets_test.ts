/** What the keeper of `--run-as` listens on, for a server that could not. */
import { deepEqual, equal, match, notEqual, rejects } from "node:assert/strict";
import { runCommand } from "../helpers/command.ts";
import { waitFor } from "../helpers/wait_for.ts";
import {
  AS_NOBODY,
  asUser,
  daemonPid,
  NOBODY,
  startKept,
  statusOf,
} from "./kept_worker.ts";

const ignore = Deno.uid() !== 0;

Deno.test({
  name:
    "worker serve --run-as lets root and its user use the administrator's socket, and nobody else",
  ignore,
  async fn() {
    await using worker = await startKept();
    const path = `${worker.stateDir}/run/admin.sock`;
    const { mode, uid } = await Deno.lstat(path);
    deepEqual([mode! & 0o777, uid], [0o600, NOBODY]);
    const env = { XDG_CONFIG_HOME: `${worker.folder}/none` };
    const ran = await worker.cli(
      ["--addr", `unix:${path}`, "run", "id", "-u"],
      {
        env,
      },
    );
    deepEqual([ran.code, ran.stdout], [0, "0\n"], ran.stderr);
    const curl = (id: number) =>
      runCommand([
        ...asUser(id),
        ...["curl", "-sS", "--unix-socket", path, "http://x/v1/jobs?limit=1"],
      ]);
    match((await curl(NOBODY)).stdout, /"id","-u"|"args":\["-u"\]/);
    equal((await curl(1)).code, 7);
    // Whose folder it is in keeps them off; were it not so, the server would.
    await Deno.chmod(worker.stateDir, 0o1777);
    await Deno.chmod(`${worker.stateDir}/run`, 0o755);
    await Deno.chmod(path, 0o666);
    const stranger = await curl(1);
    deepEqual([stranger.code === 0, stranger.stdout], [false, ""]);
    await waitFor(
      "the refusal",
      () => worker.log.includes("this user is not an administrator"),
    );
    await worker.stop();
    await rejects(Deno.lstat(path), Deno.errors.NotFound);
  },
});

const UNPRIVILEGED = Number(
  Deno.readTextFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start"),
);

Deno.test({
  name: UNPRIVILEGED > 1
    ? "worker serve --run-as serves on a port that is root's"
    : "worker serve --run-as serves on a port that is root's (skipped: every port is everybody's here)",
  ignore: ignore || UNPRIVILEGED <= 1,
  async fn() {
    const port = freePortBelow(Math.min(UNPRIVILEGED, 1024));
    const taken = await runCommand([
      ...AS_NOBODY,
      ...[
        "python3",
        "-c",
        `import socket; socket.create_server(("127.0.0.1", ${port}))`,
      ],
    ]);
    notEqual(taken.code, 0, "nobody can't have the port");
    await using worker = await startKept({
      args: [`--listen=127.0.0.1:${port}`],
    });
    const flags = Object.entries(worker.admin)
      .map(([name, path]) => `--${name}=${path}`);
    const ran = await worker.cli([
      ...[`--addr=127.0.0.1:${port}`, ...flags],
      ...["run", "echo", "low"],
    ]);
    deepEqual([ran.code, ran.stdout], [0, "low\n"], ran.stderr);
    equal(Number(statusOf(daemonPid(worker)).CapEff), 0);
  },
});

/** A port of the loopback interface that nobody listens on. */
function freePortBelow(limit: number): number {
  for (let port = limit - 1; port > 0; port--) {
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`every port below ${limit} is in use`);
}
