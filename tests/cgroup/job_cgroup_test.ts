import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { killOneByOne } from "../../lib/cgroup/members.ts";
import { isAlive } from "./is_alive.ts";
import { waitFor } from "../helpers/wait_for.ts";
import {
  scratchCgroup,
  scratchRoot,
  UNLIMITED,
  whyNoCgroups,
} from "./scratch_cgroup.ts";
import { startInCgroup } from "./start_in_cgroup.ts";

const ignore = whyNoCgroups() !== null;
Deno.test({
  name:
    "JobCgroup.kill() ends all when they left session and group and ignore signals",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const job = scratchRoot(scratch.path).create("a", UNLIMITED);
    const child = await startInCgroup(
      job,
      `trap "" TERM INT HUP; (setsid sh -c 'trap "" TERM HUP; (sleep 1000 &) ; sleep 1001' &); sleep 1002`,
    );
    const pids = await waitFor("four processes", () => {
      const found = job.pids();
      return found.length >= 4 && found;
    });
    equal(job.populated(), true);
    job.kill();
    equal(await job.emptied(20_000), true);
    deepEqual(pids.filter(isAlive), []);
    equal((await child.status).signal, "SIGKILL");
    equal(await job.remove(), true);
    equal(scratchRoot(scratch.path).open("a"), null);
  },
});

Deno.test({
  name:
    "JobCgroup.kill() ends frozen processes when they are in nested cgroups",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const job = scratchRoot(scratch.path).create("a", UNLIMITED);
    const child = await startInCgroup(
      job,
      `mkdir -p ${job.path}/x/y ${job.path}/z; (echo 0 >${job.path}/x/y/cgroup.procs; exec sleep 1000) & sleep 1001`,
    );
    await waitFor(
      "a process in the nested cgroup",
      () => readOr(`${job.path}/x/y/cgroup.procs`, "") !== "",
    );
    await job.freeze();
    // Seen twice in 600 rounds on a busy kernel: it says 1, then 0 for a moment, then 1 for good.
    await waitFor("all of them frozen", () => job.frozen());
    job.kill();
    equal(await job.emptied(20_000), true);
    equal(await job.remove(), true);
    await child.status;
  },
});

Deno.test({
  name: "killOneByOne() ends processes that fork, in nested cgroups as well",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const job = scratchRoot(scratch.path).create("a", UNLIMITED);
    const child = await startInCgroup(
      job,
      `mkdir ${job.path}/x; (echo 0 >${job.path}/x/cgroup.procs; exec sleep 1000) &
       i=0; while [ $i -lt 20 ]; do sleep 1001 & i=$((i + 1)); done; sleep 1002`,
    );
    await waitFor("twenty processes", () => job.pids().length >= 20);
    await waitFor("all of them gone", () => {
      killOneByOne(job.path);
      return !job.populated();
    });
    equal(job.frozen(), false);
    await child.status;
    equal(await job.remove(), true);
  },
});

Deno.test({
  name: "JobCgroup.freeze() stops all of it until it is thawed",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const folder = await Deno.makeTempDir();
    try {
      const job = scratchRoot(scratch.path).create("a", UNLIMITED);
      const file = `${folder}/count`;
      const child = await startInCgroup(
        job,
        `i=0; while :; do i=$((i + 1)); echo $i >${file}.new; mv ${file}.new ${file}; done`,
      );
      const count = () => Number(readOr(file, "0"));
      await waitFor("the first count", () => count() > 0);
      await job.freeze();
      const stopped = count();
      const seconds = job.usage().cpuSeconds;
      // Nothing to wait for: what would go wrong is that it goes on.
      await rejects(
        waitFor("progress", () => count() > stopped, { timeout: 300 }),
      );
      // The kernel books the last microseconds of a slice late; what ran on would use some 300,000 of them.
      ok(job.usage().cpuSeconds - seconds < 0.01);
      await job.thaw();
      equal(job.frozen(), false);
      await waitFor("progress", () => count() > stopped);
      job.kill();
      await child.status;
      equal(await job.emptied(20_000), true);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "JobCgroup.emptied() answers false when a process lives on, and stops with its signal",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const job = scratchRoot(scratch.path).create("a", UNLIMITED);
    const child = await startInCgroup(job, "sleep 1000");
    equal(await job.emptied(50), false);
    equal(await job.remove({ timeoutMs: 50 }), false);
    await rejects(
      job.emptied(60_000, { signal: AbortSignal.abort(new Error("enough")) }),
      /enough/,
    );
    job.kill();
    await child.status;
  },
});

Deno.test({
  name: "JobCgroup counts as empty when all that is left is a zombie",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const job = scratchRoot(scratch.path).create("a", UNLIMITED);
    // The parent is outside of the cgroup and never waits.
    const parent = new Deno.Command("/bin/sh", {
      args: [
        "-c",
        'sh -c \'echo 0 >"$0"; exec true\' "$0" & exec sleep 1000',
        job.procsFile,
      ],
    }).spawn();
    await waitFor("the zombie", () => {
      const child = Deno.readTextFileSync(
        `/proc/${parent.pid}/task/${parent.pid}/children`,
      ).trim();
      return child !== "" && !isAlive(Number(child));
    });
    equal(job.populated(), false);
    equal(await job.remove(), true);
    parent.kill("SIGKILL");
    await parent.status;
  },
});

Deno.test({
  name: "JobCgroup.usage() counts CPU time without any controller",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const job = scratchRoot(scratch.path).create("a", UNLIMITED);
    const child = await startInCgroup(job, "while :; do :; done");
    await waitFor("a tenth of a second", () => job.usage().cpuSeconds > 0.1);
    job.kill();
    await child.status;
    const usage = job.usage();
    ok(usage.cpuSeconds > 0.1);
    equal(job.oomKills(), 0);
  },
});

Deno.test({
  name: "JobCgroup is harmless when its cgroup is gone",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const job = scratchRoot(scratch.path).create("a", UNLIMITED);
    equal(await job.remove(), true);
    equal(await job.remove(), true);
    job.kill();
    equal(job.populated(), false);
    deepEqual(job.pids(), []);
    equal(await job.emptied(0), true);
  },
});

function readOr(path: string, otherwise: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return otherwise;
  }
}
