import { doesNotMatch, match, rejects } from "node:assert/strict";
import { waitFor } from "../helpers/wait_for.ts";
import { HostFolder } from "./attached.ts";

const owner = "alice";

Deno.test("an upload that is cut is no failure of the job host", async () => {
  await using folder = await HostFolder.make();
  await using jobs = await folder.jobs();
  const { id } = await jobs.start({ command: "cat", stdin: true }, { owner });
  async function* cut() {
    yield new TextEncoder().encode("half");
    await waitFor("the half", async () => (await jobs.get(id)).output.end > 0);
    throw new Error("the client vanished");
  }
  await rejects(jobs.input(id, cut()));
  await waitFor("standard input to be free", async () => {
    try {
      await jobs.input(id, (async function* () {})());
      return true;
    } catch {
      return false;
    }
  });
  await jobs.get(id, { wait: true });
  doesNotMatch(await folder.log(), /"ERROR"/);
});

Deno.test("what fails in the job host is in its log with its message", async () => {
  await using folder = await HostFolder.make();
  await using jobs = await folder.jobs();
  const directory = `${folder.stateDir}/jobs`;
  await Deno.rename(directory, `${directory}.away`);
  await rejects(jobs.start({ command: "true" }, { owner }));
  match(await folder.log(), /no such file or directory/i);
  await Deno.rename(`${directory}.away`, directory);
});
