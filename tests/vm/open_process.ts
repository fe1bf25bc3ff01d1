/**
 * Opens the cgroups as a job host would and prints what it got, a line of JSON; stays until its stdin
 * ends, or with `--stay` until it is killed. Usage: open_process.ts NAME [--stay]
 */
import { examineCgroups, openCgroups } from "../../lib/cgroup/mod.ts";

const [name, stay] = Deno.args;
const examined = examineCgroups({ name: name! });
const support = openCgroups({ name: name! });
console.log(JSON.stringify({
  examined,
  support: support.kind === "unsupported" ? support : {
    kind: "ready",
    path: support.root.path,
    controllers: [...support.root.controllers],
  },
  own: Deno.readTextFileSync("/proc/self/cgroup").trim(),
}));
if (stay) setInterval(() => {}, 60_000);
for await (const _ of Deno.stdin.readable);
