/** `worker serve --run-as`: who owns what, and what goes on when one of the three processes dies. */
import { deepEqual, equal, match } from "node:assert/strict";
import { GrowingText } from "../helpers/growing_text.ts";
import { isAlive } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import {
  daemonPid,
  NOBODY,
  nobodyCan,
  startKept,
  statusOf,
} from "./kept_worker.ts";
import { Worker, WORKER_BIN } from "../helpers/worker.ts";

const ignore = Deno.uid() !== 0;

async function show(worker: Worker, id: string) {
  return JSON.parse((await worker.curl(`/v1/jobs/${id}`)).stdout);
}

Deno.test({
  name:
    "worker serve --run-as parses the network as that user, without any privilege, and runs jobs as root",
  ignore,
  async fn() {
    await using worker = await startKept();
    const daemon = statusOf(daemonPid(worker));
    match(daemon.Uid!, /^65534\s+65534\s+65534\s+65534$/);
    match(daemon.Gid!, /^65534\s+65534\s+65534\s+65534$/);
    deepEqual(
      ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map((set) =>
        Number(daemon[set])
      ),
      [0, 0, 0, 0, 0],
    );
    equal(daemon.NoNewPrivs, "1");

    const ran = await worker.cli(["run", "sh", "-c", "id -u; exit 7"]);
    deepEqual([ran.code, ran.stdout], [7, "0\n"]);
    const other = await worker.cli(["run", "--user=nobody", "id", "-u"]);
    equal(other.stdout, `${NOBODY}\n`);
    equal(statusOf(worker.jobHostPid!).Uid?.split(/\s/)[0], "0");
    match(worker.log, /worker listens on/);

    Deno.kill(worker.pid, "SIGHUP");
    await waitFor(
      "the signal to reach the daemon",
      () => worker.log.includes("certificates reloaded"),
    );

    const revoked = await worker.cli([
      "certs",
      "revoke",
      "admin",
      `--state-dir=${worker.stateDir}`,
    ]);
    equal(revoked.code, 126);
    match(revoked.stderr, /belong to the user 65534.*setpriv --reuid=65534/);

    equal(await worker.stop("SIGTERM"), 0);
    equal(
      await Deno.readTextFile(`${worker.stateDir}/run/address`),
      "",
      "who looks for the server finds no address",
    );
  },
});

Deno.test({
  name:
    "worker serve --run-as lets the daemon read output, and touch nothing that root owns",
  ignore,
  async fn() {
    await using worker = await startKept();
    const { stdout, stderr, code } = await worker.cli([
      "start",
      "sh",
      "-c",
      "echo x; sleep 60",
    ]);
    equal(code, 0, stderr);
    const id = stdout.trim();
    const { stateDir } = worker;
    const job = `${stateDir}/jobs/${id}`;
    const { pid } = await waitFor(
      "output",
      async () => {
        const job = await show(worker, id);
        return job.output.end > 0 && job;
      },
    );
    const segment = `${job}/output/${"0".repeat(16)}.log`;
    equal(await nobodyCan("cat", segment), true);
    for (
      const command of [
        ["sh", "-c", 'echo >>"$0"', segment],
        ["cat", `${job}/job.json`],
        ["sh", "-c", 'echo >>"$0"', `${job}/job.json`],
        ["touch", `${job}/new`],
        ["touch", `${stateDir}/jobs/new`],
        ["touch", `${stateDir}/run/new`],
        ["rm", `${stateDir}/run/worker.pid`],
        ["mv", `${stateDir}/jobs`, `${stateDir}/jobs.old`],
        ["mv", `${stateDir}/run`, `${stateDir}/run.old`],
        ["mv", `${stateDir}/program`, `${stateDir}/program.old`],
        ["chmod", "777", stateDir],
        ["kill", `${worker.jobHostPid}`],
        ["kill", `${worker.pid}`],
        ["kill", `${pid}`],
      ]
    ) equal(await nobodyCan(...command), false, command.join(" "));
    equal(await nobodyCan("touch", `${stateDir}/ca/issued.json`), true);
    equal((await worker.cli(["stop", id])).code, 0);
  },
});

Deno.test({
  name:
    "worker serve --run-as ends with 137 when the daemon is killed; jobs go on and are found again",
  ignore,
  async fn() {
    await using worker = await startKept();
    const script =
      "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo line $i; sleep 0.02; done; exit 3";
    const { stdout } = await worker.cli(["start", "sh", "-c", script]);
    const id = stdout.trim();
    const { pid } = await show(worker, id);
    const jobHost = worker.jobHostPid;
    const following = new Deno.Command(WORKER_BIN, {
      args: ["output", "-f", id],
      env: worker.env,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const output = new GrowingText(following.stdout);
    await waitFor("output to be followed", () => output.text.length > 200);
    Deno.kill(daemonPid(worker), "SIGKILL");
    // It ends by itself, so the signal meets nobody or the end.
    equal(await worker.stop("SIGCONT"), 137);
    equal(isAlive(pid), true);
    await worker.start();
    equal(worker.jobHostPid, jobHost);
    const lines = Array.from({ length: 200 }, (_, at) => `line ${at + 1}\n`);
    equal((await following.status).code, 3);
    equal(await output.whole, lines.join(""));
  },
});

Deno.test({
  name:
    "worker serve --run-as starts another job host when it is killed, which adopts the jobs",
  ignore,
  async fn() {
    await using worker = await startKept();
    const id = (await worker.cli(["start", "sleep", "60"])).stdout.trim();
    const before = worker.jobHostPid!;
    Deno.kill(before, "SIGKILL");
    const next = await waitFor("the next one", () => {
      const pid = worker.jobHostPid;
      return pid !== null && pid !== before && pid;
    });
    equal(statusOf(next).Uid?.split(/\s/)[0], "0");
    const { state, pid } = await show(worker, id);
    equal(state, "running");
    equal((await worker.cli(["run", "echo", "new"])).stdout, "new\n");
    equal((await worker.cli(["stop", id])).code, 0);
    equal(isAlive(pid), false);
  },
});

Deno.test({
  name:
    "worker serve --run-as takes the daemon along when it is killed itself, even one that hangs",
  ignore,
  async fn() {
    await using worker = await startKept();
    const pid = daemonPid(worker);
    Deno.kill(pid, "SIGSTOP");
    await worker.stop("SIGKILL");
    await waitFor("the daemon to end", () => !isAlive(pid));
    await worker.start();
    equal((await worker.cli(["run", "echo", "again"])).stdout, "again\n");
  },
});

Deno.test({
  name:
    "worker serve --run-as takes over what a server of root's has left, and gives it back",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "worker-run-as-" });
    await Deno.chmod(folder, 0o755);
    await using worker = new Worker(folder, {});
    await worker.start();
    const printed = await worker.cli(["start", "echo", "kept"]);
    const job = printed.stdout.trim();
    await worker.cli(["wait", job]);
    await worker.stop();
    await worker.stopJobHosts();

    const kept = new Worker(folder, { args: ["--run-as=nobody"] });
    try {
      await kept.start();
      equal((await kept.cli(["output", job])).stdout, "kept\n");
      equal((await Deno.stat(`${kept.stateDir}/ca/ca.key`)).uid, NOBODY);
    } finally {
      await kept.stop();
    }
    await worker.stopJobHosts();
    await worker.start();
    equal((await worker.cli(["output", job])).stdout, "kept\n");
    equal((await Deno.stat(worker.stateDir)).mode! & 0o7777, 0o700);
  },
});

Deno.test({
  name:
    "worker serve --run-as reads its file again on SIGHUP, and keeps to the one it has when that is wrong",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "worker-run-as-file-" });
    await Deno.chmod(folder, 0o755);
    const path = `${folder}/worker.yaml`;
    const write = (text: string) =>
      Deno.writeTextFile(path, text, { mode: 0o644 });
    await write("max-jobs: 7\n");
    await using worker = await startKept({ args: [`--config=${path}`] });
    const reload = async (text: string, told: string) => {
      await write(text);
      Deno.kill(worker.pid, "SIGHUP");
      await waitFor(told, () => worker.log.includes(told));
    };
    await reload("max-jobs: 8\n", "changed max-jobs");
    await reload("max-jbos: 9\n", "configuration not reloaded");
    equal((await worker.cli(["run", "echo", "on"])).stdout, "on\n");
    await Deno.remove(folder, { recursive: true });
  },
});
