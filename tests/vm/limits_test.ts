import { deepEqual, equal, ok } from "node:assert/strict";
import { UNLIMITED } from "../cgroup/scratch_cgroup.ts";
import { startInCgroup } from "../cgroup/start_in_cgroup.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { allControllers } from "./all_controllers.ts";

const MIB = 2 ** 20;
Deno.test("CgroupRoot.create() limits memory: the kernel kills all of the job and counts it", async () => {
  await using all = allControllers("w-memory");
  const job = all.root.create("a", { ...UNLIMITED, memory: 32 * MIB });
  // The shell waits for the eater, and would live on without memory.oom.group.
  const child = await startInCgroup(
    job,
    `awk 'BEGIN { s = "0123456789abcdef"; while (1) s = s s }'; sleep 1000`,
  );
  equal((await child.status).signal, "SIGKILL");
  equal(await job.emptied(20_000), true);
  ok(job.oomKills() > 0);
  const { memoryPeakBytes } = job.usage();
  ok(memoryPeakBytes !== null && memoryPeakBytes > 8 * MIB, "too little");
  ok(memoryPeakBytes <= 32 * MIB, "too much");

  const killed = all.root.create("b", { ...UNLIMITED, memory: 32 * MIB });
  const other = await startInCgroup(killed, "exec sleep 1000");
  other.kill("SIGKILL");
  equal((await other.status).signal, "SIGKILL");
  equal(killed.oomKills(), 0);
});

Deno.test("CgroupRoot.create() limits processes: a fork bomb stays small and ends as a whole", async () => {
  await using all = allControllers("w-pids");
  const job = all.root.create("a", { ...UNLIMITED, pids: 12 });
  const child = await startInCgroup(
    job,
    `trap "" TERM INT HUP; exec awk 'BEGIN { while (1) system("(sleep 1000 &) 2>&-") }'`,
  );
  await waitFor("the bomb at its limit", () => {
    const { pids } = job.usage();
    ok(pids !== null && pids <= 12, `${pids} processes`);
    return pids === 12;
  });
  job.kill();
  equal(await job.emptied(30_000), true);
  await child.status;
  equal(await job.remove(), true);
});

Deno.test("CgroupRoot.create() limits CPU time", async () => {
  await using all = allControllers("w-cpu");
  const job = all.root.create("a", { ...UNLIMITED, cpu: 0.2 });
  const free = all.root.create("b", UNLIMITED);
  const busy = "while :; do :; done";
  const children = [
    await startInCgroup(job, busy),
    await startInCgroup(free, busy),
  ];
  const start = { job: job.usage().cpuSeconds, time: performance.now() };
  const used = () => job.usage().cpuSeconds - start.job;
  await waitFor("half a second of CPU time", () => used() > 0.5);
  const share = used() / ((performance.now() - start.time) / 1000);
  ok(share < 0.3, `${share} CPUs`);
  // What is not limited had more, on the same two processors.
  ok(free.usage().cpuSeconds > 2 * used());
  for (const each of [job, free]) each.kill();
  for (const child of children) await child.status;
});

Deno.test(
  "CgroupRoot.create() limits reads and writes of a disk, and counts them",
  {
    ignore: !hasDisk(),
  },
  async () => {
    await using all = allControllers("w-io");
    const size = 4 * MIB;
    const write = async (limit: number | null) => {
      const job = all.root.create(limit === null ? "free" : "limited", {
        ...UNLIMITED,
        io: limit,
      });
      const start = performance.now();
      const child = await startInCgroup(
        job,
        `dd if=/dev/zero of=/disk/${
          job.path.split("/").at(-1)
        } bs=1M count=4 conv=fsync 2>/dev/null`,
      );
      equal((await child.status).code, 0);
      return {
        seconds: (performance.now() - start) / 1000,
        written: job.usage().writtenBytes,
      };
    };
    const limited = await write(2 * MIB);
    const free = await write(null);
    ok(limited.written !== null && limited.written >= size);
    ok(free.written !== null && free.written >= size);
    ok(limited.seconds > 1.5, `${limited.seconds} s`);
    ok(free.seconds < limited.seconds / 1.5, `${free.seconds} s`);
  },
);

Deno.test("CgroupRoot.create() writes what the kernel then says", async () => {
  await using all = allControllers("w-files");
  const job = all.root.create("a", {
    memory: 64 * MIB,
    cpu: 0.001,
    pids: 7,
    io: 5 * MIB,
  });
  const text = (file: string) =>
    Deno.readTextFileSync(`${job.path}/${file}`).trim();
  deepEqual(
    ["memory.max", "memory.oom.group", "cpu.max", "pids.max"].map(text),
    [String(64 * MIB), "1", "1000 1000000", "7"],
  );
  if (hasDisk()) {
    ok(text("io.max").includes(`rbps=${5 * MIB} wbps=${5 * MIB}`));
  }
});

/** The guest has one when it was asked for; elsewhere a test must not write where it has no place. */
function hasDisk(): boolean {
  try {
    return Deno.statSync("/disk").isDirectory;
  } catch {
    return false;
  }
}
