/** `worker serve` of the sources as a process: what it does with others, and when it is told to end. */
import { deepEqual, equal, match } from "node:assert/strict";
import { initialise } from "../../certs/mod.ts";
import { records } from "../helpers/record_stream.ts";
import { isAlive } from "../helpers/jobs.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { waitFor } from "../helpers/wait_for.ts";
import {
  startWorker,
  type StartWorkerOptions,
  Worker,
  WORKER_SOURCES,
} from "../helpers/worker.ts";

const start = (options: StartWorkerOptions = {}) =>
  startWorker({ program: WORKER_SOURCES, ...options });

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("worker serve says in one line why it can't start", async (t) => {
  await using worker = await start();
  const { stateDir, addr, folder, admin } = worker;
  const other = `--state-dir=${folder}/other`;
  const cases: [string, string[], number, RegExp][] = [
    [
      "the state directory is in use",
      [`--state-dir=${stateDir}`, "--listen=127.0.0.1:0"],
      122,
      new RegExp(`another server \\(pid ${worker.pid}\\)`),
    ],
    [
      "the port is in use",
      [other, `--listen=${addr}`],
      125,
      new RegExp(`cannot listen on "${addr}": (?!.*in use.*in use).*in use`),
    ],
    [
      "the state directory is a file",
      [`--state-dir=${admin.key}`, "--listen=127.0.0.1:0"],
      2,
      /cannot use the state directory ".*admin\.key": .*--state-dir/,
    ],
    [
      "the key is another one's",
      [
        other,
        "--listen=127.0.0.1:0",
        `--cert=${stateDir}/server.crt`,
        `--key=${admin.key}`,
        `--cacert=${admin.cacert}`,
      ],
      2,
      /admin\.key" is not the key of/,
    ],
    [
      "a certificate is not there",
      [
        other,
        "--listen=127.0.0.1:0",
        `--cert=${folder}/none.crt`,
        `--key=${admin.key}`,
        `--cacert=${admin.cacert}`,
      ],
      123,
      /none\.crt" is not there/,
    ],
    ["no address", [other, "--listen=nowhere"], 2, /"nowhere"/],
    [
      "half of the files",
      [other, `--cert=${admin.cert}`],
      2,
      /belong together/,
    ],
    ["a size", [other, "--output-cap=much"], 2, /"much"/],
  ];
  for (const [what, args, expected, said] of cases) {
    await t.step(what, async () => {
      const { code, stdout, stderr } = await worker.cli(["serve", ...args]);
      deepEqual([code, stdout], [expected, ""], stderr);
      const lines = stderr.trim().split("\n").filter((line) =>
        !line.startsWith("{")
      );
      equal(lines.length, 1, stderr);
      match(lines[0]!, said);
    });
  }
  equal(
    await exists(`${folder}/other/run/jobhost.log`),
    false,
    "no job host was started for a server that could not",
  );
  const { code } = await worker.curl("/healthz", ["--fail"]);
  equal(code, 0);
});

Deno.test("worker serve starts again when it was killed, and its files are left", async () => {
  await using worker = await start();
  const before = worker.pid;
  await worker.stop("SIGKILL");
  const pidFile = `${worker.stateDir}/run/worker.pid`;
  equal(Number(await Deno.readTextFile(pidFile)), before);
  equal(await exists(`${worker.stateDir}/run/address`), true);
  await worker.start();
  equal(Number(await Deno.readTextFile(pidFile)), worker.pid);
  const { mode } = await Deno.stat(pidFile);
  equal(mode! & 0o777, 0o600);
});

Deno.test("worker serve cuts followers of jobs that run on when it gets SIGTERM", async () => {
  await using worker = await start();
  const started = await worker.curl("/v1/jobs", [
    "-d",
    `{"command":"sh","args":["-c","echo ready; sleep 60"]}`,
  ]);
  const { id, pid } = JSON.parse(started.stdout);
  const followers = ["--http1.1", "--http2"].map((protocol) => {
    const file = `${worker.folder}/follower${protocol}`;
    const path = `/v1/jobs/${id}/output?follow=true&stream=stdout`;
    return { file, done: worker.curl(path, [protocol, "-o", file]) };
  });
  for (const { file } of followers) {
    await waitFor(
      "the follower to follow",
      async () =>
        (await Deno.readTextFile(file).catch(() => "")).includes("ready"),
    );
  }
  equal(await worker.stop("SIGTERM"), 0);
  for (const { file, done } of followers) {
    // A stream without its end is one that was cut, and curl says so, too.
    equal((await done).code === 0, false);
    const lines = records(await Deno.readTextFile(file));
    deepEqual(lines.map(({ data, state }) => data ?? state), ["ready\n"]);
  }
  equal(isAlive(pid), true);
  equal(await exists(`${worker.stateDir}/run/address`), false);
  equal(PidLock.pidIn(`${worker.stateDir}/run/worker.pid`), null);
  await worker.start();
  const { stdout } = await worker.curl(`/v1/jobs/${id}`);
  equal(JSON.parse(stdout).state, "running");
});

Deno.test("worker serve ends at once when it gets a second signal", async () => {
  await using worker = await start({ args: ["--shutdown-timeout=1h"] });
  const upload = new Deno.Command("curl", {
    args: [
      "--silent",
      "--cacert",
      worker.admin.cacert,
      "--cert",
      worker.admin.cert,
      "--key",
      worker.admin.key,
      "-T",
      "-",
      "-X",
      "POST",
      `https://${worker.addr}/v1/jobs`,
    ],
    stdin: "piped",
    stdout: "null",
  }).spawn();
  const writer = upload.stdin.getWriter();
  await writer.write(new TextEncoder().encode("{"));
  await waitFor(
    "the request",
    async () =>
      /worker_connections [1-9]/.test((await worker.curl("/metrics")).stdout),
  );
  Deno.kill(worker.pid, "SIGTERM");
  await waitFor(
    "the shutdown to begin",
    async () => !await exists(`${worker.stateDir}/run/address`),
  );
  equal(await worker.stop("SIGINT"), 1);
  await writer.close().catch(() => {});
  await upload.status;
});

Deno.test("worker serve shuts down though its address file is gone", async () => {
  await using worker = await start();
  await Deno.remove(`${worker.stateDir}/run/address`);
  equal(await worker.stop("SIGTERM"), 0);
});

Deno.test("worker serve writes the profile when there is none or it is its own, else leaves it", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "worker-test-" });
  await using worker = new Worker(folder, { program: WORKER_SOURCES });
  const path = `${folder}/config/worker/profile.json`;
  const profile = () => Deno.readTextFile(path);
  await t.step("none", async () => {
    await worker.start();
    // It serves before it writes a convenience.
    await waitFor("the profile", () => exists(path));
    const { addr, cert } = JSON.parse(await profile());
    equal(addr, worker.addr.replace("127.0.0.1", "localhost"));
    equal(cert, worker.admin.cert);
    equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    await worker.stop();
  });
  await t.step("its own, of another port", async () => {
    const own = JSON.parse(await profile());
    await Deno.writeTextFile(path, JSON.stringify({ ...own, addr: "old:1" }));
    await worker.start();
    await waitFor(
      "the profile",
      async () => JSON.parse(await profile()).addr === own.addr,
    );
    await worker.stop();
  });
  const others = JSON.stringify({
    addr: "elsewhere:7443",
    cacert: "/a",
    cert: "/b",
    key: "/c",
  });
  for (const [what, text] of [["another's", others], ["damaged", "{"]]) {
    await t.step(what!, async () => {
      await Deno.writeTextFile(path, text!);
      await worker.start();
      await waitFor(
        "the hint",
        () => worker.log.includes(`--cert ${worker.admin.cert}`),
      );
      equal(await profile(), text);
      await worker.stop();
    });
  }
});

Deno.test("worker serve renews a certificate at its start when it would soon expire, and says so", async () => {
  const folder = await Deno.makeTempDir({ prefix: "worker-test-" });
  await using worker = new Worker(folder, { program: WORKER_SOURCES });
  const day = 86_400_000;
  const { paths } = await initialise(worker.stateDir, {
    ttl: day,
    now: () => Date.now() - 0.9 * day,
  });
  const before = await Deno.readTextFile(paths.serverCert);
  await worker.start();
  equal(await Deno.readTextFile(paths.serverCert) === before, false);
  match(worker.log, /renewed .*server\.crt/);
  equal((await worker.curl("/v1/jobs", ["--fail"])).code, 0);
});
