import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import type { ErrorCode } from "../../lib/api/errors.ts";
import type { JobRequest } from "../../lib/api/job.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
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

Deno.test("start() runs a command and keeps both streams and the code exactly", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start(
    { command: "sh", args: ["-c", "printf out; printf err >&2; exit 7"] },
    { owner },
  );
  equal(job.state, "running");
  equal(job.owner, owner);
  const { stdout, stderr, end } = await readAll(given.jobs, job.id);
  deepEqual([text.decode(stdout), text.decode(stderr)], ["out", "err"]);
  deepEqual(end?.exit, {
    code: 7,
    signal: null,
    reason: "exited",
    detail: null,
  });
  deepEqual(end?.bytes, { stdout: 3, stderr: 3 });
  equal((await given.jobs.get(job.id)).state, "failed");
});

Deno.test("start() passes arguments as they are, through no shell", async () => {
  await using given = await temporarySupervisor();
  const args = ["%s|", "$HOME", "a b", "", "*", ";id", "'\"", "\n", "ü"];
  const job = await given.jobs.start({ command: "printf", args }, { owner });
  const { stdout } = await readAll(given.jobs, job.id);
  equal(text.decode(stdout), args.slice(1).map((arg) => `${arg}|`).join(""));
});

Deno.test("start() builds the environment and inherits nothing", async () => {
  await using given = await temporarySupervisor();
  Deno.env.set("SECRET_OF_THE_SERVER", "x");
  const job = await given.jobs.start({
    command: "env",
    env: { MINE: "1", LANG: "C" },
  }, { owner });
  Deno.env.delete("SECRET_OF_THE_SERVER");
  const names = text.decode((await readAll(given.jobs, job.id)).stdout);
  match(names, /^MINE=1$/m);
  match(names, /^LANG=C$/m);
  match(names, new RegExp(`^WORKER_JOB_ID=${job.id}$`, "m"));
  ok(!names.includes("SECRET_OF_THE_SERVER"));
});

Deno.test("start() gives a job the usual umask, whatever the server's is", async () => {
  await using given = await temporarySupervisor();
  const own = Deno.umask(0o077);
  try {
    const { id } = await given.jobs.start(
      { command: "sh", args: ["-c", "umask"] },
      { owner },
    );
    equal(await readText(given.jobs, id, { follow: true }), "0022\n");
    equal(Deno.umask(), 0o077);
  } finally {
    Deno.umask(own);
  }
});

Deno.test("start() makes the job leader of its own session and group, in its cwd", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start(
    {
      command: "sh",
      args: ["-c", "ps -o pid=,pgid=,sid= -p $$; pwd"],
      cwd: "/usr",
    },
    { owner },
  );
  const [ids, cwd] = text.decode((await readAll(given.jobs, job.id)).stdout)
    .trim().split("\n");
  deepEqual(ids?.trim().split(/\s+/).map(Number), [job.pid, job.pid, job.pid]);
  equal(cwd, "/usr");
});

const REFUSALS: [string, JobRequest, ErrorCode, RegExp][] = [
  [
    "an empty command",
    { command: "" },
    "INVALID_ARGUMENT",
    /command: must not be empty/,
  ],
  ["a NUL byte", { command: "a\0b" }, "INVALID_ARGUMENT", /NUL/],
  [
    "a command that is nowhere",
    { command: "no-such" },
    "COMMAND_NOT_FOUND",
    /"no-such".*PATH/,
  ],
  [
    "a path that is nowhere",
    { command: "/no/such" },
    "COMMAND_NOT_FOUND",
    /does not exist/,
  ],
  ["a directory", { command: "/usr" }, "COMMAND_NOT_FOUND", /is not a file/],
  [
    "a file that is no program",
    { command: "/etc/passwd" },
    "COMMAND_NOT_FOUND",
    /not executable/,
  ],
  [
    "a cwd that is nowhere",
    { command: "true", cwd: "/no" },
    "INVALID_ARGUMENT",
    /"\/no".*exist/,
  ],
  [
    "a cwd that is a file",
    { command: "true", cwd: "/etc/passwd" },
    "INVALID_ARGUMENT",
    /not a dir/,
  ],
  [
    "a relative cwd",
    { command: "true", cwd: "tmp" },
    "INVALID_ARGUMENT",
    /absolute/,
  ],
  [
    "an unknown user",
    { command: "true", user: "nobody-9" },
    "INVALID_ARGUMENT",
    /"nobody-9"/,
  ],
  [
    "a negative timeout",
    { command: "true", timeout: "-1s" },
    "INVALID_ARGUMENT",
    /"-1s"/,
  ],
  [
    "a tiny cap",
    { command: "true", limits: { output: "1K" } },
    "INVALID_ARGUMENT",
    /64K/,
  ],
  [
    "a memory limit",
    { command: "true", limits: { memory: "1M" } },
    "UNSUPPORTED",
    /memory/,
  ],
  [
    "an unknown field",
    { command: "true", comand: 1 } as JobRequest,
    "INVALID_ARGUMENT",
    /comand/,
  ],
];

for (const [what, request, code, message] of REFUSALS) {
  Deno.test(`start() refuses ${what} and leaves no trace`, async () => {
    await using given = await temporarySupervisor();
    await rejects(given.jobs.start(request, { owner }), refused(code, message));
    deepEqual(await given.jobs.list(), []);
    deepEqual([...Deno.readDirSync(given.directory)], []);
  });
}

Deno.test("start() refuses a script whose interpreter is missing", async () => {
  await using given = await temporarySupervisor();
  const command = join(given.directory, "..", "script");
  await Deno.writeTextFile(command, "#!/no/such/sh\n", { mode: 0o755 });
  await rejects(
    given.jobs.start({ command }, { owner }),
    refused("COMMAND_NOT_FOUND", /interpreter "\/no\/such\/sh"/),
  );
});

Deno.test({
  name: "start() runs as another user with its groups when asked to",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using given = await temporarySupervisor();
    const job = await given.jobs.start(
      { command: "sh", args: ["-c", "id -un; echo $HOME"], user: "daemon" },
      { owner },
    );
    equal(
      text.decode((await readAll(given.jobs, job.id)).stdout),
      "daemon\n/usr/sbin\n",
    );
  },
});

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
    { command: "sh", args: ["-c", "sleep 1000 & echo $!"] },
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

Deno.test("output() follows from any offset and resumes exactly", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    {
      command: "sh",
      args: [
        "-c",
        "for i in 1 2 3 4 5 6 7 8; do printf 0123456789; sleep 0.02; done",
      ],
    },
    { owner },
  );
  const whole = "0123456789".repeat(8);
  for (const from of [0, 3, 10, 79, 80]) {
    equal(
      text.decode((await readAll(given.jobs, id, from)).stdout),
      whole.slice(from),
    );
  }
});

Deno.test("output() with tail begins at the last lines", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    { command: "sh", args: ["-c", "seq 1 100; printf end"] },
    { owner },
  );
  await given.jobs.get(id, { wait: true });
  const all = Array.from({ length: 100 }, (_, i) => `${i + 1}\n`).join("") +
    "end";
  const cases = [[0, ""], [1, "end"], [3, "99\n100\nend"], [101, all], [
    999,
    all,
  ]] as const;
  for (const [tail, expected] of cases) {
    equal(
      await readText(given.jobs, id, { tail }),
      expected,
      `the last ${tail} lines`,
    );
  }
});

Deno.test("many followers see the same bytes while one never reads", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start(
    {
      command: "sh",
      args: [
        "-c",
        "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done",
      ],
    },
    { owner },
  );
  await using _idle = await given.jobs.output(id, { follow: true });
  const all = await Promise.all(
    Array.from({ length: 20 }, () => readAll(given.jobs, id)),
  );
  const expected = Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join(
    "",
  );
  for (const { stdout } of all) equal(text.decode(stdout), expected);
});

Deno.test("input() gives the job every byte and closes at the end", async () => {
  await using given = await temporarySupervisor();
  const data = crypto.getRandomValues(new Uint8Array(60_000));
  const { id } = await given.jobs.start({ command: "cat", stdin: true }, {
    owner,
  });
  await given.jobs.input(
    id,
    (async function* () {
      for (let at = 0; at < data.length; at += 7_777) {
        yield data.subarray(at, at + 7_777);
      }
    })(),
  );
  deepEqual((await readAll(given.jobs, id)).stdout, data);
});

Deno.test("input() leaves stdin open when the data is cut", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "cat", stdin: true }, {
    owner,
  });
  const cut = async function* () {
    yield new TextEncoder().encode("half");
    throw new Error("connection lost");
  };
  await rejects(given.jobs.input(id, cut()), /connection lost/);
  await until(async () => (await given.jobs.get(id)).output.end === 4);
  equal((await given.jobs.get(id)).state, "running");
  await given.jobs.input(
    id,
    (async function* () {
      yield new TextEncoder().encode("whole");
    })(),
  );
  equal(text.decode((await readAll(given.jobs, id)).stdout), "halfwhole");
});

Deno.test("input() is a conflict where there is no stdin to write to", async () => {
  await using given = await temporarySupervisor();
  const nothing = async function* () {};
  const without = await given.jobs.start({ command: "sleep", args: ["1000"] }, {
    owner,
  });
  await rejects(
    given.jobs.input(without.id, nothing()),
    refused("CONFLICT", /without "stdin"/),
  );
  const ended = await given.jobs.start({ command: "true", stdin: true }, {
    owner,
  });
  await given.jobs.get(ended.id, { wait: true });
  await rejects(
    given.jobs.input(ended.id, nothing()),
    refused("CONFLICT", /has ended/),
  );
  const closes = await given.jobs.start(
    { command: "sh", args: ["-c", "exec <&-; sleep 1000"], stdin: true },
    { owner },
  );
  const endless = async function* () {
    while (true) yield new Uint8Array(65_536);
  };
  await rejects(
    given.jobs.input(closes.id, endless()),
    refused("CONFLICT", /has closed it/),
  );
});

Deno.test("list() filters by state, owner, label and place", async () => {
  await using given = await temporarySupervisor();
  const a = await given.jobs.start({ command: "true", labels: { env: "a" } }, {
    owner: "a",
  });
  const b = await given.jobs.start({ command: "sleep", args: ["1000"] }, {
    owner: "b",
  });
  await given.jobs.get(a.id, { wait: true });
  const ids = async (filter: Parameters<JobSupervisor["list"]>[0]) =>
    (await given.jobs.list(filter)).map(({ id }) => id);
  deepEqual(await ids({}), [a.id, b.id]);
  deepEqual(await ids({ state: ["running"] }), [b.id]);
  deepEqual(await ids({ owner: "a" }), [a.id]);
  deepEqual(await ids({ labels: { env: "a" } }), [a.id]);
  deepEqual(await ids({ labels: { env: "b" } }), []);
  deepEqual(await ids({ after: a.id }), [b.id]);
  deepEqual(await ids({ limit: 1 }), [a.id]);
});

Deno.test("watch() tells what there is and then what changes", async () => {
  await using given = await temporarySupervisor();
  const abort = new AbortController();
  const first = await given.jobs.start({ command: "sleep", args: ["1000"] }, {
    owner,
  });
  const seen: string[] = [];
  const watching = (async () => {
    for await (const job of given.jobs.watch({}, { signal: abort.signal })) {
      seen.push(`${job.id === first.id ? "first" : "second"} ${job.state}`);
      if (seen.at(-1) === "second succeeded") abort.abort();
    }
  })();
  await until(() => seen.length > 0);
  await given.jobs.stop(first.id);
  await until(() => seen.includes("first stopped"));
  await given.jobs.start({ command: "true" }, { owner });
  await watching;
  equal(seen[0], "first running");
});

Deno.test("remove() takes a final job with its files; a running one is a conflict", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "cat", stdin: true }, {
    owner,
  });
  await rejects(given.jobs.remove(id), refused("CONFLICT", /stop it first/));
  await given.jobs.stop(id);
  await given.jobs.remove(id);
  await rejects(given.jobs.get(id), refused("NOT_FOUND", new RegExp(id)));
  deepEqual([...Deno.readDirSync(given.directory)], []);
});

Deno.test("remove() takes a job off the list when its directory is gone", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "true" }, { owner });
  await given.jobs.get(id, { wait: true });
  await Deno.remove(join(given.directory, id), { recursive: true });
  await given.jobs.remove(id);
  deepEqual(await given.jobs.list(), []);
});

Deno.test("files of a job are for their owner only", async () => {
  await using given = await temporarySupervisor();
  const { id } = await given.jobs.start({ command: "echo", args: ["secret"] }, {
    owner,
  });
  await given.jobs.get(id, { wait: true });
  const modes = [given.directory, join(given.directory, id)]
    .map((path) => Deno.statSync(path).mode! & 0o777);
  // Its group reads the output where the folder above lets it in.
  deepEqual(modes, [0o700, 0o750]);
  equal(
    Deno.statSync(join(given.directory, id, "job.json")).mode! & 0o777,
    0o600,
  );
});

Deno.test("disposing stops what runs and refuses what comes", async () => {
  const given = await temporarySupervisor();
  const { pid } = await given.jobs.start({ command: "sleep", args: ["1000"] }, {
    owner,
  });
  const disposing = given[Symbol.asyncDispose]();
  await rejects(
    given.jobs.start({ command: "true" }, { owner }),
    refused("UNAVAILABLE", /shutting/),
  );
  await disposing;
  equal(isAlive(pid!), false);
});
