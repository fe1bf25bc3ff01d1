import { deepEqual, throws } from "node:assert/strict";
import { asPipe, JOB_OPTIONS, jobRequest } from "../../cli/job_options.ts";
import { parseArguments } from "../../cli/parse.ts";

const SPEC = {
  name: "run",
  operands: "CMD",
  count: { min: 1 },
  passThrough: true,
  options: JOB_OPTIONS,
};

const request = (...argv: string[]) => jobRequest(parseArguments(argv, SPEC));

Deno.test("jobRequest() leaves everything to the server that is not asked for", () => {
  deepEqual(request("true"), { command: "true", limits: {} });
});

Deno.test("jobRequest() says what was asked for", () => {
  Deno.env.set("WORKER_TEST_VALUE", "from here");
  const asked = request(
    ...["-e", "A=b=c", "--env=WORKER_TEST_VALUE", "--label", "k=v"],
    ...["--timeout", "5m", "--cwd=/tmp", "-u", "nobody", "--name", "n"],
    ...["--memory", "1G", "--cpu", "0.5", "--pids", "9", "--output-limit=2M"],
    ...["--io", "10M", "--start-after", "10s", "--no-new-privs=false"],
    ...["--rlimit", "nofile=64", "--rlimit=core=unlimited", "--read-only"],
    ...["--rlimit", "memlock=64K", "--private-tmp", "--private-network"],
    ...["--pid-namespace", "ls", "-l", "--cpu"],
  );
  Deno.env.delete("WORKER_TEST_VALUE");
  deepEqual(asked, {
    command: "ls",
    args: ["-l", "--cpu"],
    timeout: "5m",
    cwd: "/tmp",
    user: "nobody",
    name: "n",
    env: { A: "b=c", WORKER_TEST_VALUE: "from here" },
    labels: { k: "v" },
    startAfter: "10s",
    rlimits: { nofile: 64, core: "unlimited", memlock: 65_536 },
    isolation: {
      noNewPrivs: false,
      privateTmp: true,
      privateNetwork: true,
      pidNamespace: true,
      readOnly: true,
    },
    limits: { memory: "1G", io: "10M", cpu: 0.5, pids: 9, output: "2M" },
  });
});

Deno.test("jobRequest() names the value when it is wrong", () => {
  throws(() => request("--cpu", "many", "x"), {
    message: /"many" is not a number/,
  });
  throws(() => request("-e", "WORKER_NOT_SET", "x"), {
    message: /"WORKER_NOT_SET" is not in your environment/,
  });
  throws(() => request("-e", "=x", "x"), { message: /has no name/ });
  throws(() => request("--rlimit", "nofile", "x"), {
    message: /"nofile" is not a resource limit: write NAME=N/,
  });
  throws(() => request("--rlimit", "nofile=many", "x"), {
    message: /^--rlimit nofile: "many" is not a limit: write for example 1024/,
  });
  throws(() => request("--rlimit", "nofile=1.5", "x"), {
    message: /^--rlimit nofile: "1.5" is not a limit/,
  });
  throws(() => request("--no-new-privs=no", "x"), {
    message: /"no" is not true or false/,
  });
  throws(() => request("--label", "x", "x"), { message: /"x" is not a label/ });
});

Deno.test("asPipe() waits for its reader, and computes checksums when asked to", () => {
  const piped = (...argv: string[]) => {
    const typed = parseArguments(argv, SPEC);
    const { overflow, checksum } = asPipe(jobRequest(typed), typed);
    return { overflow, checksum };
  };
  deepEqual(piped("x"), { overflow: "wait", checksum: false });
  deepEqual(piped("--checksum", "x"), { overflow: "wait", checksum: true });
});
