import { deepEqual, equal, match } from "node:assert/strict";
import { examineCgroups, openCgroups } from "../../lib/cgroup/mod.ts";
import { cgroupFiles, fakeFacts, fakeHierarchy } from "./fake_host.ts";

Deno.test("openCgroups() names all that kept it from dividing a place", () => {
  using host = fakeHierarchy(cgroupFiles(""));
  const support = openCgroups({
    name: "worker-1",
    hierarchy: host.path,
    facts: fakeFacts({ uid: 1000 }),
  });
  equal(support.kind, "unsupported");
  if (support.kind !== "unsupported") return;
  match(support.missing, /the unit "worker.service" is not known to systemctl/);
  match(support.advice, /Delegate=yes/);
});

Deno.test("openCgroups() leaves no file behind where the kernel makes none", () => {
  // An ordinary folder takes a cgroup, but has no control files in it.
  using host = fakeHierarchy(cgroupFiles(""));
  const support = openCgroups({
    name: "worker-1",
    hierarchy: host.path,
    facts: fakeFacts(),
  });
  equal(support.kind, "unsupported");
  deepEqual([...Deno.readDirSync(`${host.path}/worker-1/host`)], []);
});

Deno.test("examineCgroups() tells each limit and changes nothing", () => {
  using host = fakeHierarchy(
    cgroupFiles("", { controllers: "cpu memory", procs: "1\n4711\n" }),
  );
  const before = listing(host.path);
  const examined = examineCgroups({ hierarchy: host.path, facts: fakeFacts() });
  deepEqual(listing(host.path), before);
  equal(examined.kind, "ready");
  if (examined.kind !== "ready") return;
  equal(examined.path, host.path);
  deepEqual(
    Object.entries(examined.limits).map(([name, missing]) => [
      name,
      missing?.missing ?? null,
    ]),
    [
      ["memory", null],
      ["cpu", null],
      ["pids", `the controller "pids" is not in "${host.path}"`],
      ["io", `the controller "io" is not in "${host.path}"`],
    ],
  );
  match(examined.refused[0]!.missing, /is not known to systemctl/);
});

Deno.test("examineCgroups() and openCgroups() agree on a host without cgroup v2", () => {
  const facts = fakeFacts({ mountinfo: "" });
  deepEqual(
    examineCgroups({ facts }),
    openCgroups({ name: "worker-1", facts }),
  );
});

function listing(path: string): string[] {
  return Array.from(Deno.readDirSync(path)).map(({ name }) =>
    `${name}=${Deno.readTextFileSync(`${path}/${name}`)}`
  ).sort();
}
