import { deepEqual, equal } from "node:assert/strict";
import { blockDevices } from "../../lib/cgroup/block_devices.ts";
import { parseFlatKeyed } from "../../lib/cgroup/control_file.ts";
import { parseControllers } from "../../lib/cgroup/controllers.ts";
import { cpuMax, neededControllers } from "../../lib/cgroup/limits.ts";
import { sumOfDisks } from "../../lib/cgroup/usage.ts";
import { fakeHierarchy } from "./fake_host.ts";

Deno.test("cpuMax() stays within what the kernel takes", () => {
  equal(cpuMax(1), "100000 100000");
  equal(cpuMax(2.5), "250000 100000");
  equal(cpuMax(0.01), "1000 100000");
  equal(cpuMax(0.005), "5000 1000000");
  equal(cpuMax(0.0001), "1000 1000000");
});

Deno.test("neededControllers() names those of limits that are set", () => {
  deepEqual(
    neededControllers({ memory: 1, cpu: null, pids: null, io: 1 }),
    ["memory", "io"],
  );
});

Deno.test("parseControllers() knows a list, an empty one and a missing one", () => {
  deepEqual(parseControllers("cpuset cpu io\n"), new Set(["cpu", "io"]));
  deepEqual(parseControllers("\n"), new Set());
  deepEqual(parseControllers(null), new Set());
});

Deno.test("parseFlatKeyed() reads numbers and leaves the rest out", () => {
  deepEqual(
    parseFlatKeyed("populated 1\nfrozen 0\nmax max\n\n"),
    new Map([["populated", 1], ["frozen", 0]]),
  );
  deepEqual(parseFlatKeyed(null), new Map());
});

Deno.test("sumOfDisks() counts disks and not the volumes on top of them", () => {
  const text = "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n" +
    "253:0 rbytes=10 wbytes=20\n259:0 rbytes=5 wbytes=1\n7:0 \n";
  const isCounted = (number: string) => !number.startsWith("253:");
  equal(sumOfDisks(text, "rbytes", isCounted), 15);
  equal(sumOfDisks(text, "wbytes", isCounted), 21);
  equal(sumOfDisks("", "wbytes", isCounted), 0);
});

Deno.test("blockDevices() lists disks with hardware and a medium", () => {
  using sys = fakeHierarchy({
    "block/sda/dev": "8:0\n",
    "block/sda/size": "1000\n",
    "block/sda/device/model": "a disk",
    "block/sr0/dev": "11:0\n",
    "block/sr0/size": "0\n",
    "block/sr0/device/model": "an empty drive",
    "block/dm-0/dev": "253:0\n",
    "block/dm-0/size": "900\n",
  });
  deepEqual(blockDevices(sys.path), ["8:0"]);
  deepEqual(blockDevices("/nowhere"), []);
});
