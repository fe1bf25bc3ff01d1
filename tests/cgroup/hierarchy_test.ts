import { deepEqual, equal, match } from "node:assert/strict";
import { findHierarchy } from "../../lib/cgroup/hierarchy.ts";
import { cgroupFiles, fakeFacts, fakeHierarchy } from "./fake_host.ts";

const V1 =
  "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";

function mountOf(point: string, root = "/"): string {
  return `41 31 0:29 ${root} ${point} rw,relatime - cgroup2 cgroup2 rw\n`;
}

Deno.test("findHierarchy() finds the mount, the own cgroup and the controllers", () => {
  using host = fakeHierarchy(
    cgroupFiles("", { controllers: "cpuset memory pids rdma" }),
  );
  const found = findHierarchy(
    fakeFacts({ mountinfo: V1 + mountOf(host.path) }),
  );
  deepEqual(found, {
    kind: "found",
    top: host.path,
    own: `${host.path}/system.slice/worker.service`,
    controllers: new Set(["memory", "pids"]),
    real: false,
  });
});

Deno.test("findHierarchy() knows the kernel's own top by what it lacks", () => {
  const { "cgroup.type": _, ...files } = cgroupFiles("");
  using host = fakeHierarchy(files);
  const found = findHierarchy(
    fakeFacts({ mountinfo: mountOf(host.path), cgroup: "1:cpu:/x\n0::/\n" }),
  );
  equal(found.kind === "found" && found.real, true);
  equal(found.kind === "found" && found.own, host.path);
});

Deno.test("findHierarchy() says hybrid when all controllers are with cgroup v1", () => {
  using host = fakeHierarchy(cgroupFiles("", { controllers: "hugetlb" }));
  const found = findHierarchy(
    fakeFacts({ mountinfo: V1 + mountOf(host.path) }),
  );
  equal(found.kind, "unsupported");
  match(
    JSON.stringify(found),
    /has no controller that limits: cgroup v1 has them \(a hybrid setup\)/,
  );
  match(JSON.stringify(found), /systemd\.unified_cgroup_hierarchy=1/);
});

Deno.test("findHierarchy() says how to get one when there is none", () => {
  const none = findHierarchy(fakeFacts({ mountinfo: "" }));
  match(JSON.stringify(none), /mount -t cgroup2 none/);
  const v1 = findHierarchy(fakeFacts({ mountinfo: V1 }));
  match(JSON.stringify(v1), /no cgroup v2 hierarchy is mounted/);
  match(JSON.stringify(v1), /cgroup_no_v1=all/);
  using empty = fakeHierarchy({});
  const given = findHierarchy(fakeFacts(), empty.path);
  match(JSON.stringify(given), /is no cgroup v2 hierarchy/);
});

Deno.test("findHierarchy() maps the own cgroup when only a part of the hierarchy is mounted", () => {
  using host = fakeHierarchy(cgroupFiles(""));
  const own = (root: string, cgroup: string) => {
    const found = findHierarchy(
      fakeFacts({ mountinfo: mountOf(host.path, root), cgroup }),
    );
    return found.kind === "found" ? found.own : found;
  };
  equal(own("/docker/1", "0::/docker/1\n"), host.path);
  equal(own("/docker/1", "0::/docker/1/x\n"), `${host.path}/x`);
  equal(own("/docker/1", "0::/docker/12\n"), null);
  equal(own("/", "0::/../other\n"), null);
  equal(own("/", "4:memory:/x\n"), null);
});

Deno.test("findHierarchy() decodes the mount point and prefers the mount that hides another", () => {
  using host = fakeHierarchy(cgroupFiles("a b"));
  const found = findHierarchy(fakeFacts({
    mountinfo: mountOf(`${host.path}/a\\040b`, "/..") +
      mountOf(`${host.path}/a\\040b`),
    cgroup: "0::/x\n",
  }));
  equal(found.kind === "found" && found.own, `${host.path}/a b/x`);
});
