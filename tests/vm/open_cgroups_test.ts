import { deepEqual, equal, match } from "node:assert/strict";
import { removeCgroup } from "../../lib/cgroup/remove_cgroup.ts";
import { openCommand, opened } from "./opened.ts";

const TOP = "/sys/fs/cgroup";
const ALL = ["memory", "cpu", "pids", "io"];
/** Enters the cgroup `$0` and becomes the rest. */
const ENTER = ["sh", "-c", 'echo 0 >"$0/cgroup.procs" && exec "$@"'];

/** A cgroup that has all controllers, removed with all below when it is disposed. */
function cgroup(name: string): { path: string } & AsyncDisposable {
  const path = `${TOP}/${name}`;
  Deno.mkdirSync(path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      equal(await removeCgroup(path, { timeoutMs: 10_000 }), true);
    },
  };
}

Deno.test("openCgroups() divides the top when it is root, and finds the same place again", async () => {
  const { path } = { path: `${TOP}/w-top` };
  {
    await using first = await opened(openCommand("w-top"));
    deepEqual(first.support, { kind: "ready", path, controllers: ALL });
    equal(first.own, "0::/w-top/host");
    equal(first.examined.kind === "ready" && first.examined.path, TOP);
  }
  {
    await using second = await opened(openCommand("w-top"));
    deepEqual(second.support, { kind: "ready", path, controllers: ALL });
  }
  // One that starts where the first was: an upgrade, started by the process in the leaf.
  {
    await using third = await opened([
      ...ENTER,
      `${path}/daemon`,
      ...openCommand("w-top"),
    ]);
    deepEqual(third.support, { kind: "ready", path, controllers: ALL });
    equal(third.own, "0::/w-top/host");
  }
  equal(await removeCgroup(path, { timeoutMs: 10_000 }), true);
});

Deno.test("openCgroups() divides its own cgroup when nobody else is in it", async () => {
  await using own = cgroup("own");
  await using process = await opened([
    ...ENTER,
    own.path,
    ...openCommand("w-own"),
  ]);
  deepEqual(process.support, {
    kind: "ready",
    path: `${own.path}/w-own`,
    controllers: ALL,
  });
  equal(process.own, "0::/own/w-own/host");
});

Deno.test("openCgroups() leaves its cgroup alone when a stranger is in it", async () => {
  await using shared = cgroup("shared");
  const stranger = new Deno.Command(ENTER[0]!, {
    args: [...ENTER.slice(1), shared.path, "sleep", "1000"],
  }).spawn();
  try {
    await using process = await opened([
      ...ENTER,
      shared.path,
      ...openCommand("w-shared"),
    ]);
    equal(
      process.support.kind === "ready" && process.support.path,
      `${TOP}/w-shared`,
    );
    const { examined } = process;
    match(
      JSON.stringify(examined.kind === "ready" && examined.refused),
      /holds other processes, too \(pid \d+\)/,
    );
  } finally {
    stranger.kill("SIGKILL");
    await stranger.status;
  }
  equal(await removeCgroup(`${TOP}/w-shared`, { timeoutMs: 10_000 }), true);
});

Deno.test("openCgroups() works for another user when the cgroup was given to it, and says so when not", async () => {
  const user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  await using own = cgroup("user");
  {
    await using process = await opened([
      ...ENTER,
      own.path,
      ...user,
      ...openCommand("w-user"),
    ]);
    equal(process.support.kind, "unsupported");
    match(JSON.stringify(process.support), /belongs to another user/);
    equal(process.examined.kind, "unsupported");
    equal(process.own, "0::/user");
  }
  for (const file of ["", "/cgroup.procs", "/cgroup.subtree_control"]) {
    Deno.chownSync(`${own.path}${file}`, 65534, 65534);
  }
  await using process = await opened([
    ...ENTER,
    own.path,
    ...user,
    ...openCommand("w-user"),
  ]);
  deepEqual(process.support, {
    kind: "ready",
    path: `${own.path}/w-user`,
    controllers: ALL,
  });
});

Deno.test("openCgroups() clears the top of a container's hierarchy, shells and all", async () => {
  await using container = cgroup("container");
  const script = `echo 0 >${container.path}/cgroup.procs
    exec unshare --cgroup --mount sh -c '
      umount ${TOP} && mount -t cgroup2 cgroup2 ${TOP} || exit
      sleep 1000 & "$@"; status=$?; kill $!; exit $status' sh "$@"`;
  await using process = await opened([
    "sh",
    "-c",
    script,
    "sh",
    ...openCommand("w-box"),
  ]);
  deepEqual(process.support, {
    kind: "ready",
    path: `${TOP}/w-box`,
    controllers: ALL,
  });
  equal(process.own, "0::/w-box/host");
  const others = Deno.readTextFileSync(
    `${container.path}/w-box/daemon/cgroup.procs`,
  ).trim().split("\n");
  equal(others.length, 2);
});

Deno.test("openCgroups() names the controller when it is not handed down to the place", async () => {
  await using outer = cgroup("outer");
  Deno.writeTextFileSync(
    `${outer.path}/cgroup.subtree_control`,
    "+memory +pids",
  );
  Deno.mkdirSync(`${outer.path}/inner`);
  await using process = await opened([
    ...ENTER,
    `${outer.path}/inner`,
    ...openCommand("w-few"),
  ]);
  deepEqual(process.support, {
    kind: "ready",
    path: `${outer.path}/inner/w-few`,
    controllers: ["memory", "pids"],
  });
  const { examined } = process;
  match(
    JSON.stringify(examined.kind === "ready" && examined.limits.cpu),
    /"cpu\\" is not delegated/,
  );
});

Deno.test("openCgroups() answers unsupported when the hierarchy is read-only", async () => {
  await using process = await opened([
    "unshare",
    "--mount",
    "sh",
    "-c",
    `mount -o remount,ro,bind ${TOP} && exec "$@"`,
    "sh",
    ...openCommand("w-ro"),
  ]);
  match(JSON.stringify(process.support), /is mounted read-only/);
  match(JSON.stringify(process.examined), /is mounted read-only/);
});
