import { equal, match } from "node:assert/strict";
import type { Controller } from "../../lib/cgroup/mod.ts";
import type { Hierarchy } from "../../lib/cgroup/hierarchy.ts";
import { whyMissing, whyRefused } from "../../lib/cgroup/missing.ts";
import { fakeFacts } from "./fake_host.ts";

const TOP = "/sys/fs/cgroup";

function hierarchyOf(
  ...controllers: Controller[]
): Hierarchy & { kind: "found" } {
  return {
    kind: "found",
    top: TOP,
    own: TOP,
    controllers: new Set(controllers),
    real: true,
  };
}

function advice(controllers: string, controller: Controller = "memory") {
  return whyMissing(controller, {
    hierarchy: hierarchyOf("pids"),
    site: { path: TOP },
    facts: fakeFacts({ controllers }),
    failure: null,
  });
}

Deno.test("whyMissing() tells what the kernel's command line must say", () => {
  equal(
    advice("memory\t4\t9\t1\n").missing,
    `the controller "memory" is not in "${TOP}"`,
  );
  match(advice("memory\t4\t9\t1\n").advice, /cgroup_no_v1=all/);
  match(advice("blkio\t4\t9\t1\n", "io").advice, /cgroup_no_v1=all/);
  match(advice("memory\t0\t9\t0\n").advice, /cgroup_enable=memory/);
  match(advice("memory\t0\t9\t1\n").advice, /container or virtual machine/);
  match(advice("pids\t0\t9\t1\n").advice, /kernel that was built with it/);
});

Deno.test("whyMissing() tells what is delegated where the kernel has the controller", () => {
  const { missing, advice } = whyMissing("cpu", {
    hierarchy: hierarchyOf("cpu"),
    site: { path: `${TOP}/box` },
    facts: fakeFacts(),
    failure: null,
  });
  equal(missing, `the controller "cpu" is not delegated to "${TOP}/box"`);
  match(advice, /Delegate=/);
});

Deno.test("whyMissing() keeps what the kernel said", () => {
  const failure = Object.assign(new Error("Invalid argument"), {
    code: "EINVAL",
  });
  const { missing, advice } = whyMissing("cpu", {
    hierarchy: hierarchyOf("cpu"),
    site: { path: TOP },
    facts: fakeFacts(),
    failure,
  });
  match(missing, /can't be handed down by .*: Invalid argument/);
  match(advice, /real-time/);
});

Deno.test("whyRefused() tells a read-only hierarchy from one of another user", () => {
  const refused = (code: string) =>
    whyRefused(TOP, Object.assign(new Error(code), { code })).missing;
  equal(refused("EROFS"), `"${TOP}" is mounted read-only`);
  equal(refused("EACCES"), `"${TOP}" belongs to another user`);
  equal(refused("EBUSY"), `"${TOP}" can't be divided: EBUSY`);
});
