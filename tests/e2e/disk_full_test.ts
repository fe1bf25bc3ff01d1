import { deepEqual, equal, match } from "node:assert/strict";
import { runCommand } from "../helpers/command.ts";
import { records } from "../helpers/record_stream.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { Worker } from "../helpers/worker.ts";

const MIB = 2 ** 20;

/** A small disk as the state directory of a server; null where nobody may mount one. */
async function smallDisk(worker: Worker, megabytes: number) {
  await Deno.mkdir(worker.stateDir, { mode: 0o700 });
  const { code } = await runCommand([
    ...["mount", "-t", "tmpfs", "-o", `size=${megabytes}m,mode=0700`],
    ...["none", worker.stateDir],
  ]);
  if (code !== 0) return null;
  return {
    [Symbol.asyncDispose]: async () => {
      await worker.stopAll();
      const umount = ["umount", worker.stateDir];
      await waitFor(
        "the disk to be free",
        async () => (await runCommand(umount)).code === 0,
      );
    },
  };
}

async function mayMount(): Promise<boolean> {
  if (Deno.uid() !== 0) return false;
  const { code } = await runCommand(
    ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"],
  ).catch(() => ({ code: 1 }));
  return code === 0;
}

Deno.test({
  name: "a full disk costs output, tells so, and nothing else",
  // It takes the right to mount a file system of its own.
  ignore: !await mayMount(),
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "worker-test-" });
    await using worker = new Worker(folder, {});
    await using disk = await smallDisk(worker, 24);
    equal(disk !== null, true, "the disk was not mounted");
    await worker.start();
    let id = "";

    await t.step(
      "a job that prints too much ends, with its totals",
      async () => {
        const ended = await worker.cli([
          ...["start", "sh", "-c"],
          `echo first; head -c ${60 * MIB} /dev/zero; exit 7`,
        ]);
        id = ended.stdout.trim();
        const { stdout } = await worker.curl(`/v1/jobs/${id}?wait=true`);
        const job = JSON.parse(stdout);
        deepEqual([job.state, job.exit.code], ["failed", 7]);
        equal(job.bytes.stdout, 60 * MIB + 6);
      },
    );

    await t.step("its output has a gap", async () => {
      const { stdout, code } = await worker.curl(
        `/v1/jobs/${id}/output?follow=true`,
      );
      equal(code, 0);
      const lines = records(stdout);
      equal(lines[0].data, "first\n");
      const gaps = lines.filter(({ type }) => type === "gap");
      equal(gaps.length > 0, true);
      const kept = lines.reduce(
        (sum, { type, data }) => sum + (type === "output" ? data.length : 0),
        0,
      );
      const lost = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
      equal(kept + lost, 60 * MIB + 6);
      equal(lines.at(-1).type, "end");
    });

    await t.step("the command line says so, too", async () => {
      const { code, stderr } = await worker.cli(["output", id]);
      equal(
        code !== 0 || /gone|gap|removed|missing/i.test(stderr),
        true,
        stderr,
      );
    });

    await t.step("the next job is refused in one line", async () => {
      // The last free pages, which the record of a job could still take.
      await runCommand([
        ...["sh", "-c", `cat /dev/zero > ${worker.stateDir}/filler`],
      ]);
      const { code, stdout, stderr } = await worker.cli(["run", "true"]);
      deepEqual([code, stdout], [121, ""]);
      match(stderr, /^worker: [^\n]*disk[^\n]*must stay free[^\n]*\n$/);
      const answer = await worker.curl("/v1/jobs", ["-d", `{"command":"id"}`]);
      equal(JSON.parse(answer.stdout).code, "RESOURCE_EXHAUSTED");
      const list = await worker.curl("/v1/jobs", ["--fail"]);
      deepEqual(
        JSON.parse(list.stdout).map((job: { id: string }) => job.id),
        [id],
      );
    });

    await t.step("and all works when there is room again", async () => {
      await Deno.remove(`${worker.stateDir}/filler`);
      equal((await worker.cli(["rm", id])).code, 0);
      const { code, stdout } = await worker.cli(["run", "echo", "again"]);
      deepEqual([code, stdout], [0, "again\n"]);
    });

    await t.step("a job that runs meanwhile keeps its end", async () => {
      const go = `${folder}/go`;
      const { stdout } = await worker.cli([
        ...["start", "sh", "-c"],
        `until [ -e ${go} ]; do sleep 0.02; done; echo late; exit 4`,
      ]);
      const running = stdout.trim();
      await waitFor("its start time to be on record", async () => {
        const record = await Deno.readTextFile(
          `${worker.stateDir}/jobs/${running}/job.json`,
        );
        return JSON.parse(record).process?.startTime;
      });
      await runCommand([
        ...["sh", "-c", `cat /dev/zero > ${worker.stateDir}/filler`],
      ]);
      await Deno.writeTextFile(go, "");
      equal((await worker.cli(["wait", running])).code, 4);
      await worker.restart("SIGKILL");
      equal((await worker.cli(["wait", running])).code, 4);
    });

    await t.step("a server is replaced, and can be reached", async () => {
      const run = `${worker.stateDir}/run`;
      for (let count = 0; count < 3; count++) {
        // Whatever became free meanwhile.
        await runCommand([
          ...["sh", "-c", `cat /dev/zero >> ${worker.stateDir}/filler`],
        ]);
        equal(await worker.replace(), 0);
        await waitFor(
          "the administrator's socket",
          async () =>
            (await worker.cli([`--addr=unix:${run}/admin.sock`, "ls"], {
              env: { XDG_CONFIG_HOME: `${folder}/none` },
            })).code === 0,
        );
        equal(
          (await Deno.readTextFile(`${run}/address`)).trim(),
          worker.addr,
        );
        equal((await worker.curl("/v1/jobs", ["--fail"])).code, 0);
      }
    });
  },
});
