import { deepEqual, equal, throws } from "node:assert/strict";
import { findHomes } from "../../lib/cgroup/find_homes.ts";
import { isAlive } from "./is_alive.ts";
import {
  scratchCgroup,
  scratchRoot,
  UNLIMITED,
  whyNoCgroups,
} from "./scratch_cgroup.ts";
import { startInCgroup } from "./start_in_cgroup.ts";

const ignore = whyNoCgroups() !== null;
const SLEEP = "exec sleep 1000";

Deno.test({
  name: "CgroupRoot.sweep() kills and removes all jobs but those it keeps",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const root = scratchRoot(scratch.path);
    const [kept, leaked] = ["kept", "leaked"].map((id) =>
      root.create(id, UNLIMITED)
    );
    const children = [
      await startInCgroup(kept!, "sleep 1000"),
      await startInCgroup(leaked!, `mkdir ${leaked!.path}/x; exec sleep 1000`),
    ];
    root.create("empty", UNLIMITED);
    Deno.mkdirSync(`${scratch.path}/host`);
    deepEqual(root.list().sort(), ["empty", "kept", "leaked"]);
    equal(await root.sweep(new Set(["kept"])), 2);
    deepEqual(root.list(), ["kept"]);
    equal(isAlive(children[0]!.pid), true);
    equal((await children[1]!.status).signal, "SIGKILL");
    root.open("kept")!.kill();
    await children[0]!.status;
  },
});

Deno.test({
  name:
    "CgroupRoot.create() refuses a limit and leaves nothing when its controller is missing",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const root = scratchRoot(scratch.path);
    for (const limit of ["memory", "cpu", "pids", "io"]) {
      throws(() => root.create("a", { ...UNLIMITED, [limit]: 1000 }), {
        code: "UNSUPPORTED",
        message: `cannot limit "${limit}": not handed down; none`,
      });
    }
    deepEqual(root.list(), []);
  },
});

Deno.test({
  name:
    "CgroupRoot finds, sweeps and leaves what an earlier process had elsewhere",
  ignore,
  async fn() {
    await using scratch = scratchCgroup();
    const homes = ["scope-1/worker-1", "scope-2/worker-1", "scope-3/worker-1"]
      .map((home) => `${scratch.path}/${home}`);
    for (const home of homes) {
      Deno.mkdirSync(`${home}/host`, { recursive: true });
    }
    const found = findHomes(scratch.path, {
      name: "worker-1",
      uid: Deno.uid()!,
    });
    deepEqual(found.sort(), homes);
    const strangers = findHomes(scratch.path, { name: "worker-1", uid: 4711 });
    deepEqual(strangers, []);

    const [old, busy] = homes.map((home) => scratchRoot(home));
    const child = await startInCgroup(old!.create("old", UNLIMITED), SLEEP);
    const kept = await startInCgroup(busy!.create("kept", UNLIMITED), SLEEP);
    const root = scratchRoot(homes[2]!, homes.slice(0, 2));
    root.create("own", UNLIMITED);
    deepEqual(root.list().sort(), ["kept", "old", "own"]);
    deepEqual(root.open("old")!.pids(), [child.pid]);
    equal(await root.sweep(new Set(["kept", "own"])), 1);
    equal((await child.status).signal, "SIGKILL");
    deepEqual(root.list().sort(), ["kept", "own"]);
    deepEqual(
      findHomes(scratch.path, { name: "worker-1", uid: Deno.uid()! })
        .sort(),
      homes.slice(1),
    );
    deepEqual(root.open("kept")!.pids(), [kept.pid]);
    kept.kill("SIGKILL");
    await kept.status;
  },
});
