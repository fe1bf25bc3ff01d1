import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { JobRequest } from "../../lib/api/job.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { isAlive } from "../cgroup/is_alive.ts";
import { readText, temporarySupervisor, until } from "../helpers/jobs.ts";
import { allControllers } from "./all_controllers.ts";

const owner = "alice";

/** A job server whose jobs have cgroups with all controllers. */
async function jobServer(name: string) {
  const all = allControllers(name);
  const given = await temporarySupervisor({
    cgroups: { kind: "ready", root: all.root },
    endTimes: { drain: 500, leftoverGrace: 500 },
  });
  return {
    ...given,
    root: all.root,
    run: async (script: string, more: Partial<JobRequest> = {}) =>
      await given.jobs.start(
        { command: "sh", args: ["-c", script], ...more },
        { owner },
      ),
    async [Symbol.asyncDispose]() {
      await given[Symbol.asyncDispose]();
      await all[Symbol.asyncDispose]();
    },
  };
}

Deno.test("JobSupervisor tells out_of_memory from a plain SIGKILL", async () => {
  await using server = await jobServer("w-jobs-memory");
  const limits = { memory: "32M" };
  const eater = await server.run(
    `awk 'BEGIN { s = "0123456789abcdef"; while (1) s = s s }'`,
    { limits },
  );
  const killed = await server.run("kill -9 $$", { limits });
  const ended = await server.jobs.get(eater.id, { wait: true });
  equal(ended.state, "failed");
  deepEqual(
    [ended.exit?.reason, ended.exit?.signal],
    ["out_of_memory", "SIGKILL"],
  );
  ok(ended.usage!.memoryPeakBytes! > 8 * 2 ** 20);
  ok(ended.usage!.memoryPeakBytes! <= 32 * 2 ** 20);
  const other = await server.jobs.get(killed.id, { wait: true });
  deepEqual([other.exit?.reason, other.exit?.signal], ["signaled", "SIGKILL"]);
  deepEqual(server.root.list(), []);
});

Deno.test("JobSupervisor.stop() ends a fork bomb within its limit of processes", async () => {
  await using server = await jobServer("w-jobs-bomb");
  // awk goes on when it cannot fork; a shell would end.
  const { id } = await server.run(
    `trap "" TERM INT HUP; exec awk 'BEGIN { while (1) system("(sleep 1000 &) 2>&-") }'`,
    { limits: { pids: 12 } },
  );
  await until(async () => {
    const pids = (await server.jobs.get(id)).usage?.pids ?? 0;
    ok(pids <= 12, `${pids} processes`);
    return pids === 12;
  });
  const job = await server.jobs.stop(id, { grace: 100 });
  equal(job.state, "stopped");
  deepEqual(job.leftovers.filter(({ end }) => end === "survived"), []);
  deepEqual(server.root.list(), []);
});

Deno.test("JobSupervisor.stop() ends a tree that forks twice, leaves its session and ignores signals", async () => {
  await using server = await jobServer("w-jobs-tree");
  const { id } = await server.run(
    `trap "" TERM INT HUP
     (setsid env -i sh -c 'trap "" TERM INT HUP; (sleep 1000; :) & echo escaped $$ $!; wait' &)
     echo main $$; while :; do sleep 1; done`,
  );
  await until(async () =>
    (await readText(server.jobs, id)).match(/\n/g)?.length === 2
  );
  const text = await readText(server.jobs, id);
  const pids = text.match(/\d+/g)!.map(Number);
  equal(pids.filter(isAlive).length, 3);
  const job = await server.jobs.stop(id, { grace: 200 });
  equal(job.state, "stopped");
  deepEqual(pids.filter(isAlive), []);
  deepEqual(job.leftovers.filter(({ end }) => end === "survived"), []);
  const named = job.leftovers.map(({ pid }) => pid);
  match(text, /escaped/);
  const escaped = Number(/escaped (\d+)/.exec(text)![1]);
  ok(named.includes(escaped), `${named} lacks ${escaped}`);
});

Deno.test("JobSupervisor.pause() stops a job where it is until it is resumed", async () => {
  await using server = await jobServer("w-jobs-pause");
  const { id } = await server.run(
    "i=0; while :; do i=$((i + 1)); echo $i; sleep 0.01; done",
  );
  const size = async () => (await server.jobs.get(id)).output.end;
  await until(async () => await size() > 0);
  equal((await server.jobs.pause(id)).paused, true);
  equal((await server.jobs.pause(id)).paused, true);
  const before = await size();
  const used = () => server.root.open(id)!.usage().cpuSeconds;
  const seconds = used();
  // Another job that runs meanwhile gives this one time to show that it does, too.
  const other = await server.run(
    "i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); done",
  );
  await server.jobs.get(other.id, { wait: true });
  equal(used(), seconds);
  const paused = await size();
  ok(
    paused - before <= 8,
    `${before} → ${paused}: more than a line on its way`,
  );
  equal((await server.jobs.resume(id)).paused, false);
  await until(async () => await size() > paused);
  await server.jobs.pause(id);
  equal((await server.jobs.stop(id, { grace: 10_000 })).state, "stopped");
});

Deno.test("JobSupervisor limits CPU time and tells what a job uses", async () => {
  await using server = await jobServer("w-jobs-cpu");
  const { id } = await server.run("while :; do :; done", {
    limits: { cpu: 0.2 },
  });
  const used = () => server.root.open(id)!.usage().cpuSeconds;
  const start = { used: used(), time: performance.now() };
  await until(() => used() - start.used > 0.4);
  const share = (used() - start.used) /
    ((performance.now() - start.time) / 1000);
  ok(share < 0.35, `${share} CPUs`);
  await until(async () =>
    ((await server.jobs.get(id)).usage?.cpuSeconds ?? 0) > 0.4
  );
  const { usage } = await server.jobs.stop(id, { grace: 1000 });
  ok(usage!.cpuSeconds > 0.4);
  deepEqual([usage!.memoryBytes, usage!.pids], [null, null]);
});

Deno.test("JobSupervisor adopts what runs in a cgroup, and stops all of it", async () => {
  const all = allControllers("w-jobs-adopt");
  await using _all = all;
  const cgroups = { kind: "ready" as const, root: all.root };
  await using first = await temporarySupervisor({ cgroups });
  const { id } = await first.jobs.start({
    command: "sh",
    args: ["-c", "(setsid env -i sleep 1000 &); exec sleep 1001"],
  }, { owner });
  const cgroup = all.root.open(id)!;
  await until(() => cgroup.pids().length === 2);
  const pids = cgroup.pids();
  // Its record knows the start time of the process after a moment.
  await until(() =>
    Deno.readTextFileSync(`${first.directory}/${id}/job.json`).includes(
      "startTime",
    )
  );
  await using second = new JobSupervisor({
    directory: first.directory,
    cgroups,
  });
  equal((await second.get(id)).state, "running");
  const job = await second.stop(id, { grace: 100 });
  deepEqual(pids.filter(isAlive), []);
  equal(job.state === "stopped" || job.state === "lost", true, job.state);
});
