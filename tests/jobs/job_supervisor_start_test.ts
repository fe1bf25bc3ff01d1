import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import type { ErrorCode } from "../../lib/api/errors.ts";
import type { JobRequest } from "../../lib/api/job.ts";
import { readAll, readText, temporarySupervisor } from "../helpers/jobs.ts";
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
