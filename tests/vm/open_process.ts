/**
 * Opens the cgroups as a job host would and prints what it got, a line of JSON; stays until its stdin
 * ends. Usage: open_process.ts NAME [HIERARCHY]
 */
import { examineCgroups, openCgroups } from "../../lib/cgroup/mod.ts";

const [name, hierarchy] = Deno.args;
const options = { name: name!, ...hierarchy ? { hierarchy } : {} };
const examined = examineCgroups(options);
const support = openCgroups(options);
console.log(JSON.stringify({
  examined,
  support: support.kind === "unsupported" ? support : {
    kind: "ready",
    path: support.root.path,
    controllers: [...support.root.controllers],
  },
  own: Deno.readTextFileSync("/proc/self/cgroup").trim(),
}));
for await (const _ of Deno.stdin.readable);
