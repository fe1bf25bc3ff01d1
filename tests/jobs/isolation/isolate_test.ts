import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { featureTest, isolatedArgv, runIsolated } from "./isolated.ts";

Deno.test("isolate() answers nothing when root's job asks for nothing", async () => {
  if (Deno.uid() !== 0) return;
  deepEqual(await isolatedArgv({ script: ":" }), ["/bin/sh", "-c", ":"]);
});

await featureTest(
  ["user", "noNewPrivs"],
  "isolate() changes the user, its groups, and forbids new privileges by default",
  async () => {
    const script = "id -un; id -G; grep NoNewPrivs /proc/self/status";
    const { stdout } = await runIsolated({ script, user: "nobody" });
    const [name, groups, privileges] = stdout.split("\n");
    equal(name, "nobody");
    equal(groups!.split(" ").includes("0"), false);
    equal(privileges, "NoNewPrivs:\t1");
    const { stdout: allowed } = await runIsolated({
      script,
      user: "nobody",
      isolation: { noNewPrivs: false },
    });
    match(allowed, /NoNewPrivs:\t0/);
  },
);

await featureTest(
  ["rlimits"],
  "isolate() sets soft and hard limits when there are rlimits",
  async () => {
    const { stdout } = await runIsolated({
      script: "ulimit -n; ulimit -Hn; ulimit -f",
      rlimits: { nofile: 123, fsize: "unlimited" },
    });
    equal(stdout, "123\n123\nunlimited\n");
  },
);

await featureTest(
  ["privateTmp"],
  "isolate() gives an empty /tmp that is gone with the job when it is private",
  async () => {
    const mark = await Deno.makeTempFile({ dir: "/tmp", prefix: "mark-" });
    const made = `made-${crypto.randomUUID()}`;
    const { stdout, stderr } = await runIsolated({
      script:
        `pwd -P; ls -A . /var/tmp; touch ${made}; stat -c %a /tmp; echo "$1"`,
      cwd: "/tmp",
      isolation: { privateTmp: true },
    });
    await Deno.remove(mark);
    equal(stderr, "");
    equal(stdout, "/tmp\n.:\n\n/var/tmp:\n1777\n\n");
    await rejects(Deno.stat(`/tmp/${made}`), Deno.errors.NotFound);
  },
);

await featureTest(
  ["privateTmp"],
  "isolate() refuses a folder and a program that a private /tmp hides",
  async () => {
    const cwd = await Deno.makeTempDir({ dir: "/tmp" });
    const isolation = { privateTmp: true };
    await rejects(isolatedArgv({ script: ":", cwd, isolation }), {
      code: "INVALID_ARGUMENT",
      message: new RegExp(`"${cwd}".*private /tmp`),
    });
    await Deno.remove(cwd);
  },
);

await featureTest(
  ["privateNetwork"],
  "isolate() leaves only a loopback interface that works when the network is private",
  async () => {
    const { stdout } = await runIsolated({
      script:
        "ls /sys/class/net 2>/dev/null; tail -n +3 /proc/net/dev | cut -d: -f1; " +
        "tail -n +2 /proc/net/route; grep -c 'host LOCAL' /proc/net/fib_trie",
      isolation: { privateNetwork: true },
    });
    const [device, addresses] = stdout.trim().split("\n").slice(-2);
    equal(device!.trim(), "lo");
    // An interface that is down has no local addresses.
    equal(Number(addresses) > 0, true, stdout);
  },
);

await featureTest(
  ["readOnly"],
  "isolate() lets a job write to /dev only when it is read-only",
  async () => {
    const { stdout, code } = await runIsolated({
      script: "for at in / /var /tmp /sys/fs /run /root; do " +
        "touch $at/worker-test 2>/dev/null && echo $at is writable; done; " +
        "echo >/dev/null && cat /proc/self/comm && mount -o remount,bind,rw /",
      isolation: { readOnly: true },
    });
    equal(stdout, "cat\n");
    equal(code === 0, false, "root can't undo it");
  },
);

await featureTest(
  ["readOnly", "privateTmp"],
  "isolate() keeps a private /tmp writable when it is read-only",
  async () => {
    const { stdout, stderr } = await runIsolated({
      script: "echo kept >/tmp/file && cat /tmp/file; " +
        "touch /usr/x 2>/dev/null || echo no",
      isolation: { readOnly: true, privateTmp: true },
    });
    equal(stderr, "");
    equal(stdout, "kept\nno\n");
  },
);

await featureTest(
  [
    "pidNamespace",
    "privateTmp",
    "privateNetwork",
    "readOnly",
    "user",
    "rlimits",
  ],
  "isolate() does all of it at once, and leaves the environment alone",
  async () => {
    const { stdout, code } = await runIsolated({
      script: "id -un; env; echo $$; ulimit -n; " +
        "grep -E '^(Cap(Prm|Eff|Amb)|Sig(Blk|Ign)):' /proc/self/status; exit 7",
      user: "nobody",
      env: { MINE: "1" },
      rlimits: { nofile: 99 },
      isolation: {
        pidNamespace: true,
        privateTmp: true,
        privateNetwork: true,
        readOnly: true,
      },
    });
    const lines = stdout.trim().split("\n");
    const sets = lines.splice(-5).map((line) => {
      const bits = BigInt(`0x${line.split(/\s+/)[1]}`);
      // The C library blocks or ignores its own two signals for moments; a child inherits that.
      return line.startsWith("Sig") ? bits & ~(3n << 31n) : bits;
    });
    deepEqual(sets, Array(5).fill(0n));
    // The shell of the test adds PWD and its like itself.
    const own = /^(?:PWD|OLDPWD|SHLVL|_)=/;
    deepEqual(lines.filter((line) => !own.test(line)).sort(), [
      "2",
      "99",
      "MINE=1",
      "PATH=/usr/bin:/bin",
      "nobody",
    ]);
    equal(code, 7);
  },
);

await featureTest(
  ["user"],
  "isolate() refuses variables that would work on its tools when they have more rights than the job",
  async () => {
    const env = { LD_PRELOAD: "/x.so" };
    for (
      const more of [{ user: "nobody" }, { isolation: { pidNamespace: true } }]
    ) {
      await rejects(isolatedArgv({ script: ":", env, ...more }), {
        code: "INVALID_ARGUMENT",
        message: /"LD_PRELOAD".*env LD_PRELOAD=… COMMAND/,
      });
    }
  },
);

await featureTest(
  ["readOnly"],
  "isolate() makes a mount read-only whose name has blanks and percent signs",
  async () => {
    const folder = await Deno.makeTempDir();
    const at = `${folder}/a 1%b\\101`;
    await Deno.mkdir(at);
    const job = await isolatedArgv({
      script: `touch '${at}/file' 2>/dev/null || echo no`,
      isolation: { readOnly: true },
    });
    const { stdout } = await new Deno.Command("unshare", {
      args: [
        ...["--mount", "sh", "-c"],
        'mount -t tmpfs none "$1" && shift && exec "$@"',
        ...["sh", at, ...job],
      ],
    }).output();
    await Deno.remove(folder, { recursive: true });
    equal(new TextDecoder().decode(stdout), "no\n");
  },
);
