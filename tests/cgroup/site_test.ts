import { deepEqual, match } from "node:assert/strict";
import { findHierarchy } from "../../lib/cgroup/hierarchy.ts";
import type { HostFacts } from "../../lib/cgroup/host_facts.ts";
import { findSites } from "../../lib/cgroup/site.ts";
import { cgroupFiles, fakeFacts, fakeHierarchy } from "./fake_host.ts";

/** Finds sites on a fake host; paths are shown relative to its hierarchy. */
function sitesOf(
  facts: Partial<HostFacts>,
  files: Record<string, string> = {},
) {
  using host = fakeHierarchy({ ...cgroupFiles(""), ...files });
  const all = fakeFacts({
    ...facts,
    mountinfo: `41 31 0:29 / ${host.path} rw - cgroup2 cgroup2 rw\n`,
  });
  const hierarchy = findHierarchy(all);
  if (hierarchy.kind !== "found") throw new Error(hierarchy.missing);
  const { sites, refused } = findSites(hierarchy, all, "worker-1");
  return {
    sites: sites.map(({ path, evacuate }) =>
      `${path.slice(host.path.length) || "/"}${evacuate ? "" : " as it is"}`
    ),
    refused: refused.map(({ missing }) => missing).join("\n"),
  };
}

const DELEGATED = { delegated: true, subgroup: "", killMode: "control-group" };

Deno.test("findSites() takes the unit when systemd says that it is delegated", () => {
  const asked: unknown[] = [];
  const { sites } = sitesOf({
    uid: 1000,
    unit: (...question) => (asked.push(question), DELEGATED),
  });
  deepEqual(sites, ["/system.slice/worker.service"]);
  deepEqual(asked, [["worker.service", "system"]]);
});

Deno.test("findSites() asks the user's systemd, and finds the unit from a subgroup", () => {
  const asked: unknown[] = [];
  const { sites } = sitesOf({
    uid: 1000,
    cgroup:
      "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope/daemon\n",
    unit: (...question) => (asked.push(question), DELEGATED),
  });
  deepEqual(sites, [
    "/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope",
  ]);
  deepEqual(asked, [["run-1.scope", "user"]]);
});

Deno.test("findSites() goes to the top as root when the unit is not delegated", () => {
  const undelegated = { ...DELEGATED, delegated: false };
  const asRoot = sitesOf({ unit: () => undelegated });
  deepEqual(asRoot.sites, ["/"]);
  match(asRoot.refused, /the unit "worker.service" is not delegated/);
  deepEqual(sitesOf({ uid: 1000, unit: () => undelegated }).sites, []);
  match(sitesOf({ uid: 1000 }).refused, /is not known to systemctl/);
});

Deno.test("findSites() avoids a unit that could not start again beside jobs that outlive it", () => {
  const outliving = { ...DELEGATED, killMode: "process" };
  const refused = sitesOf({ unit: () => outliving });
  deepEqual(refused.sites, ["/"]);
  match(refused.refused, /KillMode=process without DelegateSubgroup=/);
  deepEqual(
    sitesOf({ uid: 1000, unit: () => ({ ...outliving, subgroup: "daemon" }) })
      .sites,
    ["/system.slice/worker.service"],
  );
});

Deno.test("findSites() takes the own cgroup without systemd when nobody else is in it", () => {
  const cgroup = "0::/box\n";
  const alone = cgroupFiles("box", { procs: "4711\n" });
  const shared = cgroupFiles("box", { procs: "4711\n99\n" });
  deepEqual(sitesOf({ uid: 1000, cgroup }, alone).sites, ["/box"]);
  const { sites, refused } = sitesOf({ uid: 1000, cgroup }, shared);
  deepEqual(sites, []);
  match(refused, /holds other processes, too \(pid 99\)/);
});

Deno.test("findSites() puts the place first where this process is already", () => {
  for (const leaf of ["host", "daemon"]) {
    const { sites } = sitesOf({
      uid: 1000,
      cgroup: `0::/box/worker-1/${leaf}\n`,
      isOurs: () => true,
    });
    deepEqual(sites[0], "/box");
  }
  // That of another server is not ours.
  const other = sitesOf({ cgroup: "0::/box/worker-2/daemon\n" }, {
    ...cgroupFiles("box/worker-2/daemon", { procs: "1\n4711\n" }),
  });
  deepEqual(other.sites, ["/"]);
});

Deno.test("findSites() leaves processes at the kernel's own top where they are", () => {
  const { "cgroup.type": _, ...files } = cgroupFiles("");
  using host = fakeHierarchy(files);
  const facts = fakeFacts({
    mountinfo: `41 31 0:29 / ${host.path} rw - cgroup2 cgroup2 rw\n`,
    cgroup: "0::/\n",
  });
  const hierarchy = findHierarchy(facts);
  if (hierarchy.kind !== "found") throw new Error(hierarchy.missing);
  deepEqual(findSites(hierarchy, facts, "worker-1").sites, [
    { path: host.path, evacuate: false },
  ]);
});

Deno.test("findSites() refuses when the own cgroup is outside of the mount", () => {
  const { sites, refused } = sitesOf({ uid: 1000, cgroup: "0::/../x\n" });
  deepEqual(sites, []);
  match(refused, /the cgroup of this process is not in/);
});
