/** SIGUSR2 and `worker upgrade` with `--run-as`: a keeper and its daemon in the place of both. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { isAlive } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { type Worker, WORKER_BIN } from "../helpers/worker.ts";
import { daemonPid, NOBODY, startKept, statusOf } from "./kept_worker.ts";
import { ReplaceLoad } from "./replace_load.ts";

const ignore = Deno.uid() !== 0;
const REPLACEMENTS = Number(Deno.env.get("WORKER_REPLACEMENTS") ?? 5);

const keeperPid = (worker: Worker): number | null =>
  PidLock.pidIn(`${worker.stateDir}/run/keeper.pid`);

/** Waits for a line of the log. */
const logged = (worker: Worker, text: string) =>
  waitFor(`"${text}"`, () => worker.log.includes(text), { timeout: 60_000 });

Deno.test({
  name:
    `worker serve --run-as is replaced ${REPLACEMENTS} times under load, and no request fails and no byte is lost`,
  ignore,
  async fn() {
    await using worker = await startKept();
    const jobHost = worker.jobHostPid;
    await using load = await ReplaceLoad.begin(worker);
    const pids = new Set([worker.pid]);
    const admin = `${worker.stateDir}/run/admin.sock`;
    const { ino } = await Deno.lstat(admin);
    for (let count = 1; count <= REPLACEMENTS; count++) {
      const daemon = daemonPid(worker);
      equal(await worker.replace(), 0, worker.log);
      pids.add(worker.pid);
      equal(worker.pid, keeperPid(worker));
      equal(statusOf(worker.pid).Uid?.split(/\s/)[0], "0");
      equal(isAlive(daemon), false);
      const next = await waitFor("its place", () => daemonPid(worker));
      equal(statusOf(next).Uid?.split(/\s/)[0], `${NOBODY}`);
      // Nobody who connects to it is refused, because it is the same one.
      equal((await Deno.lstat(admin)).ino, ino);
      await load.progress();
    }
    equal(pids.size, REPLACEMENTS + 1);
    const { failures, calls, started, jobs, followed } = await load.end();
    deepEqual(failures, []);
    deepEqual(jobs, started);
    for (const { received, printed } of followed) {
      equal(received === printed, true, `${received.length} bytes came`);
    }
    equal(Math.min(...Object.values(calls)) >= REPLACEMENTS, true);
    equal(worker.jobHostPid, jobHost);
    equal(
      await Deno.readTextFile(`${worker.stateDir}/run/address`),
      `${worker.addr}\n`,
    );
  },
});

Deno.test({
  name:
    "worker serve --run-as goes on when those that are to replace it do not come to serve",
  ignore,
  async fn() {
    await using worker = await startKept();
    const before = [worker.pid, daemonPid(worker)];
    const key = `${worker.stateDir}/server.key`;
    const good = await Deno.readTextFile(key);
    await Deno.writeTextFile(key, "damaged");
    Deno.kill(worker.pid, "SIGUSR2");
    await logged(worker, "not replaced, this server goes on");
    match(worker.log, /not replaced, this server goes on: .*server\.key/);
    await Deno.writeTextFile(key, good);
    deepEqual([keeperPid(worker), daemonPid(worker)], before);
    equal((await worker.cli(["run", "echo", "on"])).stdout, "on\n");
    equal(await worker.replace(), 0);
    notEqual(worker.pid, before[0]);
    equal((await worker.cli(["run", "echo", "on"])).stdout, "on\n");
  },
});

Deno.test({
  name: "worker serve --run-as is replaced once when it is asked twice",
  ignore,
  async fn() {
    await using worker = await startKept();
    Deno.kill(worker.pid, "SIGUSR2");
    await logged(worker, "to take this server's place");
    equal(await worker.replace(), 0);
    equal(worker.log.match(/to take this server's place/g)?.length, 1);
    equal(worker.log.match(/serves in this one's place/g)?.length, 1);
    equal((await worker.cli(["run", "echo", "on"])).stdout, "on\n");
  },
});

Deno.test({
  name:
    "worker serve --run-as ends with what it has started in its place when it is told to end meanwhile",
  ignore,
  async fn() {
    await using worker = await startKept();
    const { stateDir, addr } = worker;
    Deno.kill(worker.pid, "SIGUSR2");
    await logged(worker, "to take this server's place");
    const next = Number(/started (\d+) to take/.exec(worker.log)?.[1]);
    equal(isAlive(next), true);
    equal(await worker.stop("SIGTERM"), 0);
    match(worker.log, /not replaced.*told to end/);
    equal(isAlive(next), false);
    for (const lock of ["keeper.pid", "worker.pid"]) {
      await waitFor(
        `${lock} to be free`,
        () => !PidLock.isHeld(`${stateDir}/run/${lock}`),
      );
    }
    const [hostname, port] = addr.split(":");
    await waitFor("the port to be free", () => {
      try {
        Deno.listen({ hostname: hostname!, port: Number(port) }).close();
        return true;
      } catch {
        return false;
      }
    });
  },
});

Deno.test({
  name:
    "worker upgrade replaces a server of --run-as, and what an earlier build has left goes",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "worker-upgrade-" });
    const executable = `${folder}/worker`;
    await Deno.copyFile(WORKER_BIN, executable);
    await using worker = await startKept({ program: [executable] });
    const { stateDir } = worker;
    const { stdout: job } = await worker.cli(["start", "sleep", "1000"]);
    const programs = async () =>
      (await Array.fromAsync(
        Deno.readDir(`${stateDir}/program`),
        ({ name }) => name,
      )).sort();
    const before = await programs();
    await Deno.mkdir(`${stateDir}/program/stale`);

    const broken = `${folder}/broken`;
    const script =
      `#!/bin/sh\n[ "$1" = version ] && exec "${WORKER_BIN}" "$@"\nexit 3\n`;
    await Deno.writeTextFile(broken, script, { mode: 0o755 });
    const refused = await worker.cli([
      ...["upgrade", broken, `--state-dir=${stateDir}`],
    ]);
    equal(refused.code, 255, refused.stderr);
    match(refused.stderr, /old one again: it ended with code 3/);

    const next = `${folder}/next`;
    await Deno.copyFile(WORKER_BIN, next);
    const pid = worker.pid;
    const upgraded = worker.cli([
      ...["upgrade", next, `--state-dir=${stateDir}`, "--json"],
    ]);
    await worker.replaced();
    const { code, stdout, stderr } = await upgraded;
    equal(code, 0, stderr);
    const said = JSON.parse(stdout);
    deepEqual([said.pid, said.executable], [worker.pid, executable]);
    notEqual(worker.pid, pid);
    deepEqual(await programs(), before);
    const shown = await worker.curl(`/v1/jobs/${job.trim()}`);
    equal(JSON.parse(shown.stdout).state, "running");
    await worker.stop();
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "worker serve --run-as goes on when SIGUSR2 reaches the server itself",
  ignore,
  async fn() {
    await using worker = await startKept();
    const before = [worker.pid, daemonPid(worker)];
    Deno.kill(before[1]!, "SIGUSR2");
    await logged(worker, `SIGUSR2 is for the keeper, pid ${worker.pid}`);
    equal((await worker.cli(["run", "echo", "on"])).stdout, "on\n");
    deepEqual([keeperPid(worker), daemonPid(worker)], before);
  },
});
