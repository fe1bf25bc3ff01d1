/** `worker serve --run-as`: who owns what, and what goes on when one of the three processes dies. */
import { deepEqual, equal, match } from "node:assert/strict";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { runCommand } from "../helpers/command.ts";
import { isAlive } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { Worker, WORKER_BIN } from "../helpers/worker.ts";

const NOBODY = 65534;
const ignore = Deno.uid() !== 0;

const AS_NOBODY = [
  "setpriv",
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  "--clear-groups",
  "--",
];

/** A server that runs as nobody, in a folder that nobody may enter. */
async function startKept(): Promise<Worker> {
  const folder = await Deno.makeTempDir({ prefix: "worker-run-as-" });
  await Deno.chmod(folder, 0o755);
  const worker = new Worker(folder, { args: ["--run-as=nobody"] });
  try {
    await worker.start();
    await waitFor("the profile", () => worker.log.includes("try: worker run"));
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  return worker;
}

const daemonPid = (worker: Worker): number =>
  PidLock.pidIn(`${worker.stateDir}/run/worker.pid`)!;

function statusOf(pid: number): Record<string, string> {
  const lines = Deno.readTextFileSync(`/proc/${pid}/status`).split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/:\s*/)));
}

/** Runs a command as the daemon's user; whether it succeeds. */
async function nobodyCan(...command: string[]): Promise<boolean> {
  return (await runCommand([...AS_NOBODY, ...command])).code === 0;
}

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
    const following = worker.cli(["output", "-f", id]);
    await waitFor(
      "output",
      async () => (await show(worker, id)).output.end > 200,
    );
    Deno.kill(daemonPid(worker), "SIGKILL");
    // It ends by itself, so the signal meets nobody or the end.
    equal(await worker.stop("SIGCONT"), 137);
    equal(isAlive(pid), true);
    await worker.start();
    equal(worker.jobHostPid, jobHost);
    const lines = Array.from({ length: 200 }, (_, at) => `line ${at + 1}\n`);
    deepEqual(await following.then(({ code, stdout }) => [code, stdout]), [
      3,
      lines.join(""),
    ]);
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
  name: "worker serve --run-as takes the daemon along when it is killed itself",
  ignore,
  async fn() {
    await using worker = await startKept();
    const pid = daemonPid(worker);
    await worker.stop("SIGKILL");
    await waitFor("the daemon to end", () => !isAlive(pid));
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
  name: "worker serve --run-as says why it can't",
  ignore,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "worker-run-as-" });
    await Deno.chmod(folder, 0o755);
    const serve = (
      user: string,
      {
        state = "state",
        as = [] as string[],
        listen = "127.0.0.1:0",
      } = {},
    ) =>
      runCommand([
        ...as,
        WORKER_BIN,
        "serve",
        `--run-as=${user}`,
        `--state-dir=${folder}/${state}`,
        `--listen=${listen}`,
      ], {
        env: { XDG_CACHE_HOME: as.length > 0 ? `${folder}/cache` : `${CACHE}` },
      });
    await t.step("no such user", async () => {
      const { code, stderr } = await serve("no-such-user");
      equal(code, 2);
      match(stderr, /--run-as "no-such-user": this host has no such user/);
    });
    await t.step("root", async () => {
      const { code, stderr } = await serve("root");
      equal(code, 2);
      match(stderr, /--run-as "root": this is root/);
    });
    await t.step("not root", async () => {
      await Deno.mkdir(`${folder}/cache`);
      await Deno.chown(`${folder}/cache`, NOBODY, NOBODY);
      const { code, stderr } = await serve("nobody", { as: AS_NOBODY });
      equal(code, 126);
      match(stderr, /--run-as "nobody" takes root/);
    });
    await t.step("a file of somebody else", async () => {
      await Deno.mkdir(`${folder}/foreign/ca`, { recursive: true });
      await Deno.writeTextFile(`${folder}/foreign/ca/ca.key`, "");
      await Deno.chown(`${folder}/foreign/ca/ca.key`, 12345, 12345);
      const { code, stderr } = await serve("nobody", { state: "foreign" });
      equal(code, 122);
      match(stderr, /ca\.key": it belongs to the user 12345/);
    });
    await t.step("a symbolic link", async () => {
      await Deno.mkdir(`${folder}/linked`);
      await Deno.writeTextFile(`${folder}/secret`, "");
      await Deno.symlink("../secret", `${folder}/linked/server.key`);
      const { code, stderr } = await serve("nobody", { state: "linked" });
      equal(code, 122);
      match(stderr, /server\.key": it is neither a file nor a folder/);
      equal((await Deno.stat(`${folder}/secret`)).uid, 0);
    });
    await t.step("a file with another name", async () => {
      await Deno.mkdir(`${folder}/named`);
      await Deno.link(`${folder}/secret`, `${folder}/named/server.key`);
      const { code, stderr } = await serve("nobody", { state: "named" });
      equal(code, 122);
      match(stderr, /server\.key": it has 2 names/);
      equal((await Deno.stat(`${folder}/secret`)).uid, 0);
    });
    await t.step("the port is in use", async () => {
      using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { code, stderr } = await serve("nobody", {
        state: "late",
        listen: `127.0.0.1:${taken.addr.port}`,
      });
      equal(code, 125);
      match(stderr, /in use/);
      const left = Deno.readDirSync(`${folder}/late/run`);
      equal(Array.from(left).some(({ name }) => name === "jobhost.log"), false);
    });
    await t.step("a folder that others may write", async () => {
      await Deno.mkdir(`${folder}/open`);
      await Deno.chmod(`${folder}/open`, 0o777);
      const { code, stderr } = await serve("nobody", { state: "open/state" });
      equal(code, 122);
      match(stderr, /others than root may rename what is in it/);
    });
    await t.step("a folder that the user can't enter", async () => {
      await Deno.mkdir(`${folder}/closed`, { mode: 0o700 });
      const { code, stderr } = await serve("nobody", { state: "closed/state" });
      equal(code, 126);
      match(stderr, /the user "nobody" can't read ".*closed\/state"/);
    });
    await Deno.remove(folder, { recursive: true });
  },
});

const CACHE = new URL("../../build/cache", import.meta.url).pathname;
