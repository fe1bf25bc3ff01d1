import { deepEqual, equal } from "node:assert/strict";
import { runCommand } from "../helpers/command.ts";

const PROCESS = new URL("subreaper_process.ts", import.meta.url).pathname;

/** What a scenario of `subreaper_process.ts` printed. */
async function run(scenario: string): Promise<unknown> {
  const { code, stdout, stderr } = await runCommand([
    Deno.execPath(),
    "run",
    "--allow-all",
    "--no-check",
    "--quiet",
    PROCESS,
    scenario,
  ]);
  equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("Subreaper keeps an orphan of another session for the job's stop, and no zombie of it", async () => {
  deepEqual(await run("stopped"), { state: "stopped", gone: true });
});

Deno.test("Subreaper shows an orphan to its job when the main process has ended", async () => {
  deepEqual(await run("left"), {
    code: 3,
    left: [{ argv: ["sleep", "1000"], heldOutput: false, end: "terminated" }],
    same: true,
    gone: true,
  });
});

Deno.test("Subreaper leads to an orphan without its environment when it holds the job's output", async () => {
  deepEqual(await run("cleared"), {
    state: "succeeded",
    left: [{
      pid: true,
      argv: ["sleep", "1000"],
      heldOutput: true,
      end: "killed",
    }],
    gone: true,
  });
});

Deno.test("Subreaper leaves an orphan of another job alone when a job ends", async () => {
  deepEqual(await run("others"), { code: 5, survived: true, gone: true });
});

Deno.test("Subreaper takes no exit code from a job when fifty end at once among orphans", async () => {
  deepEqual(await run("codes"), Array.from({ length: 50 }, (_, code) => code));
});
