import { deepEqual, equal, match } from "node:assert/strict";
import { COMMANDS } from "../../../cli/commands.ts";
import { manPages } from "../../../cli/help/man_page.ts";
import { runCommand } from "../../helpers/command.ts";
import { hasProgram } from "../shell_session.ts";

const pages = await manPages();

Deno.test("manPages() has a page for each command, and one for all", () => {
  const names = Object.keys(COMMANDS).map((name) => `worker-${name}.1`);
  deepEqual([...pages.keys()].sort(), [...names, "worker.1"].sort());
});

const ignore = !hasProgram("mandoc");
const why = ignore ? " (no mandoc on this host)" : "";

Deno.test({
  name: `manPages() are roff that mandoc has nothing to say about${why}`,
  ignore,
  async fn() {
    for (const [name, text] of pages) {
      const { stdout } = await runCommand(
        ["mandoc", "-T", "lint", "-W", "warning"],
        { stdin: text },
      );
      // A date would change the page at each build.
      const said = stdout.split("\n").filter((line) =>
        line !== "" && !line.includes("missing date")
      );
      deepEqual(said, [], name);
    }
  },
});

Deno.test({
  name: `manPages() render options as they are typed${why}`,
  ignore,
  async fn() {
    const shown = async (page: string) => {
      const { stdout } = await runCommand(["mandoc", "-T", "ascii"], {
        stdin: pages.get(page)!,
      });
      return stdout.replaceAll(/.[\b]/g, "");
    };
    const issue = await shown("worker-certs.1");
    match(issue, /worker certs issue \[options\] NAME/);
    match(issue, /--key-type TYPE\n.*one of p256, ed25519, rsa4096/);
    const run = await shown("worker-run.1");
    match(run, /worker run \[options\] CMD \[ARG\]\.\.\./);
    match(run, /-e, --env K=V\n/);
    match(run, /`worker run sh -c\s+'\.\.\.'` has\s+one/);
    match(await shown("worker.1"), /worker-run\(1\)/);
  },
});

Deno.test("manPages() tell of no option that is hidden", () => {
  equal(pages.get("worker-serve.1")!.includes("\\-\\-kept"), false);
});
