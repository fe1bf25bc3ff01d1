import { deepEqual, equal } from "node:assert/strict";
import { chooseTools } from "../../../lib/jobs/isolation/probe.ts";
import { isAlive, temporarySupervisor, until } from "../../helpers/jobs.ts";
import {
  featureTest,
  isolatedArgv,
  type IsolatedJob,
  runIsolated,
  startIsolated,
} from "./isolated.ts";

const isolation = { pidNamespace: true };

/** Starts a job, waits for its first output, sends a signal to its process group, and waits. */
async function signalled(script: string, signal: string) {
  const child = await startIsolated({ script, isolation });
  const reader = child.stdout.getReader();
  await reader.read();
  new Deno.Command("kill", { args: ["-s", signal, "--", `-${child.pid}`] })
    .outputSync();
  const { code, signal: ended } = await child.status;
  await Promise.all([reader.cancel(), child.stderr.cancel()]);
  return { code, ended };
}

await featureTest(
  ["pidNamespace"],
  "isolate() lets the exact end of the command through a PID namespace",
  async () => {
    const ends: [string, number, string | null][] = [
      ["exit 0", 0, null],
      ["exit 3", 3, null],
      ["exit 143", 143, null],
      ["kill -KILL $$", 137, "SIGKILL"],
      ["kill -TERM $$", 143, "SIGTERM"],
      ["kill -SEGV $$", 139, "SIGSEGV"],
    ];
    for (const [script, code, signal] of ends) {
      const end = await runIsolated({ script, isolation });
      deepEqual([end.code, end.signal, end.stderr], [code, signal, ""], script);
    }
  },
);

await featureTest(
  ["pidNamespace"],
  "isolate() lets signals to the process group reach the command in a PID namespace",
  async () => {
    const sleep = "echo ready; exec sleep 1000";
    for (const name of ["TERM", "KILL", "HUP", "USR1", "INT"]) {
      equal((await signalled(sleep, name)).ended, `SIG${name}`);
    }
    const handled =
      "trap 'exit 5' HUP; echo ready; while :; do sleep 0.05; done";
    deepEqual(await signalled(handled, "HUP"), { code: 5, ended: null });
  },
);

await featureTest(
  ["pidNamespace"],
  "isolate() ends everything in a PID namespace when the command has ended",
  async () => {
    const mark = crypto.randomUUID();
    const job: IsolatedJob = {
      script: "setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' " +
        ">/dev/null 2>&1 & echo started",
      env: { MARK: mark },
      isolation,
    };
    equal((await runIsolated(job)).stdout, "started\n");
    await until(() => processesWith(mark).length === 0, {
      what: "the end of all processes of the job",
    });
  },
);

await featureTest(
  ["pidNamespace"],
  "isolate() ends everything in a PID namespace when the main process is killed alone",
  async () => {
    const mark = crypto.randomUUID();
    const child = await startIsolated({
      script: "setsid sleep 1000 & echo ready; exec sleep 1000",
      env: { MARK: mark },
      isolation,
    });
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGKILL");
    equal((await child.status).signal, "SIGKILL");
    await Promise.all([reader.cancel(), child.stderr.cancel()]);
    await until(() => processesWith(mark).length === 0, {
      what: "the end of all processes of the job",
    });
  },
);

await featureTest(
  ["pidNamespace"],
  "isolate() leaves nothing when the main process is killed while a PID namespace is made",
  async () => {
    for (let round = 0; round < 20; round++) {
      const mark = crypto.randomUUID();
      const child = await startIsolated({
        script: "exec sleep 1000",
        env: { MARK: mark },
        isolation,
      });
      // The moment is short in which there is a second process that does not die with the first.
      while (childrenOf(child.pid) === "");
      child.kill("SIGKILL");
      equal((await child.status).signal, "SIGKILL");
      await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
      await until(() => processesWith(mark).length === 0, {
        what: "the end of all processes of the job",
      });
    }
  },
);

await featureTest(
  ["pidNamespace"],
  "isolate() shows a job its own processes only, and reaps its orphans, in a PID namespace",
  async () => {
    const { stdout } = await runIsolated({
      // An orphan that nobody reaped would keep its folder.
      script: "orphan=$(sleep 0.05 >/dev/null & echo $!); " +
        "while [ -e /proc/$orphan ]; do :; done; " +
        "for p in /proc/[0-9]*; do cat $p/comm; done",
      isolation,
    });
    deepEqual(stdout.trim().split("\n"), ["sleep", "sh"]);
  },
);

await featureTest(
  ["pidNamespace"],
  "isolate() leaves a job in a PID namespace no leftovers, whatever it started",
  async () => {
    if ((await chooseTools({ pidNamespace: true })).wait !== "perl") return;
    await using temporary = await temporarySupervisor();
    const { jobs } = temporary;
    const script =
      "setsid sh -c 'trap \"\" TERM; sleep 1000' >/dev/null & exit 3";
    const [command, ...args] = await isolatedArgv({ script, isolation });
    for (let round = 0; round < 5; round++) {
      const { id } = await jobs.start({ command, args }, { owner: "alice" });
      const { exit, leftovers } = await jobs.get(id, { wait: true });
      deepEqual([exit?.code, leftovers], [3, []]);
    }
  },
);

/** Pids of the children of a process, with spaces between them. */
function childrenOf(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
}

function processesWith(mark: string): number[] {
  const pids: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === Deno.pid) continue;
    try {
      const environ = Deno.readTextFileSync(`/proc/${name}/environ`);
      if (environ.includes(mark) && isAlive(Number(name))) {
        pids.push(Number(name));
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return pids;
}
