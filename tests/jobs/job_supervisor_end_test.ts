import { deepEqual, equal, rejects } from "node:assert/strict";
import {
  isAlive,
  readAll,
  readText,
  temporarySupervisor,
  until,
} from "../helpers/jobs.ts";
import { refused } from "../helpers/refused.ts";

const owner = "alice";
const text = new TextDecoder();

Deno.test("get() reports a signal by name", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    { command: "sh", args: ["-c", "kill -KILL $$"] },
    { owner },
  );
  const { state, exit } = await given.jobs.get(id, { wait: true });
  deepEqual([state, exit?.signal, exit?.code], ["failed", "SIGKILL", null]);
});

Deno.test({
  name: "get() reports a real-time signal",
  // Deno rejects its status and keeps the entry of the child: nothing can close it.
  sanitizeResources: false,
  async fn() {
    await using given = await temporarySupervisor();
    const { id } = await given.jobs.start(
      { command: "bash", args: ["-c", "kill -RTMIN+3 $$"] },
      { owner },
    );
    equal(
      (await given.jobs.get(id, { wait: true })).exit?.signal,
      "SIGRTMIN+3",
    );
  },
});

Deno.test("stop() ends a tree that forks, leaves its session and ignores SIGTERM", async () => {
  await using given = await temporarySupervisor();
  const stubborn = "trap '' TERM; echo \\$\\$; while :; do sleep 0.1; done";
  const { id } = await given.jobs.start({
    command: "sh",
    args: [
      "-c",
      `setsid sh -c "${stubborn}" & (setsid sh -c "${stubborn}" &); ${stubborn}`,
    ],
  }, { owner });
  const pids = async () =>
    (await readText(given.jobs, id)).trim().split("\n").map(Number);
  await until(async () => new Set(await pids()).size === 3);
  const started = await pids();
  const { state, exit } = await given.jobs.stop(id, { grace: 100 });
  deepEqual([state, exit?.signal, exit?.reason], [
    "stopped",
    "SIGKILL",
    "stopped",
  ]);
  deepEqual(started.filter(isAlive), []);
});

Deno.test("stop() gives a job its grace to end by itself", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({
    command: "sh",
    args: [
      "-c",
      "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done",
    ],
  }, { owner });
  await until(async () => (await given.jobs.get(id)).output.end > 0);
  const { state, exit } = await given.jobs.stop(id);
  deepEqual([state, exit?.code], ["stopped", 3]);
  equal(text.decode((await readAll(given.jobs, id)).stdout), "ready\nbye\n");
});

Deno.test("stop() wakes a job that SIGSTOP has stopped", async () => {
  await using given = await temporarySupervisor();
  const { id, pid } = await given.jobs.start({
    command: "sleep",
    args: ["1000"],
  }, { owner });
  await until(() => Deno.readTextFileSync(`/proc/${pid}/comm`) === "sleep\n");
  await given.jobs.signal(id, "STOP");
  const { exit } = await given.jobs.stop(id);
  equal(exit?.signal, "SIGTERM");
});

Deno.test("stop() of a final job answers with its end", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "true" }, { owner });
  await given.jobs.get(id, { wait: true });
  equal((await given.jobs.stop(id)).state, "succeeded");
});

Deno.test("signal() reaches the job; a final one is a conflict", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({
    command: "sh",
    args: ["-c", "trap 'exit 5' HUP; echo ready; while :; do sleep 0.05; done"],
  }, { owner });
  await until(async () => (await given.jobs.get(id)).output.end > 0);
  await given.jobs.signal(id, "SIGHUP");
  equal((await given.jobs.get(id, { wait: true })).exit?.code, 5);
  await rejects(
    given.jobs.signal(id, "SIGHUP"),
    refused("CONFLICT", /has ended/),
  );
  await rejects(
    given.jobs.signal(id, "SIGNOPE"),
    refused("INVALID_ARGUMENT", /"SIGNOPE"/),
  );
});

Deno.test("a job ends in time and says so when it outlives its timeout", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    { command: "sleep", args: ["1000"], timeout: "50ms" },
    { owner },
  );
  const { state, exit } = await given.jobs.get(id, { wait: true });
  deepEqual([state, exit?.reason], ["failed", "timeout"]);
});

Deno.test("a background process that holds stdout does not hang the job and is named", async () => {
  await using given = await temporarySupervisor({
    endTimes: { drain: 200, leftoverGrace: 200 },
  });
  const { id } = await given.jobs.start(
    {
      command: "sh",
      // It is looked at once it is what it says, not the shell that becomes it.
      args: [
        "-c",
        'sleep 1000 & while [ "$(cat /proc/$!/comm)" != sleep ]; do :; done; echo $!',
      ],
    },
    { owner },
  );
  const { state, leftovers } = await given.jobs.get(id, { wait: true });
  const pid = Number(text.decode((await readAll(given.jobs, id)).stdout));
  equal(state, "succeeded");
  deepEqual(leftovers, [
    { pid, argv: ["sleep", "1000"], heldOutput: true, end: "terminated" },
  ]);
  equal(isAlive(pid), false);
});

Deno.test("what a background process prints within the drain is kept", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    { command: "sh", args: ["-c", "(sleep 0.3; echo late) & echo early"] },
    { owner },
  );
  equal(text.decode((await readAll(given.jobs, id)).stdout), "early\nlate\n");
});
