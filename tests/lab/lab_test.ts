import { labProblem } from "./lab_problem.ts";

const problem = await labProblem();
if (problem !== null) {
  tell(`no networks for tests, these are skipped: ${problem}`);
}

/** A test that needs a network; it is skipped, and the run says why, where there can be none. */
export function labTest(
  name: string,
  fn: (context: Deno.TestContext) => Promise<void>,
): void {
  Deno.test({ name, ignore: problem !== null, fn });
}

/** `make test` shows what is in the file of notes, because it is quiet otherwise. */
function tell(note: string): void {
  const notes = Deno.env.get("WORKER_LAB_NOTES");
  if (!notes) return console.log(note);
  const told = Deno.readTextFileSync(notes);
  if (!told.includes(note)) Deno.writeTextFileSync(notes, `${told}${note}\n`);
}
