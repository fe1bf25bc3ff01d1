import { deepEqual, equal, match } from "node:assert/strict";
import { examineHost } from "../../../cli/doctor/examine_host.ts";

Deno.test("examineHost() looks at cgroups, tools, isolation and disk, and says how to get what is missing", async () => {
  const findings = await Array.fromAsync(examineHost());
  deepEqual(
    new Set(findings.map(({ check }) => check)),
    new Set(["cgroup", "tool", "isolation", "disk"]),
  );
  equal(findings.filter(({ check }) => check === "isolation").length, 7);
  for (const { level, advice, found } of findings) {
    equal(level === "ok", advice === null, found);
  }
  match(findings.at(-1)!.found, /^[\d.]+[KMGTP]? free for "\//);
});
