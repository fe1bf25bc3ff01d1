/**
 * `make bench`: measures every row, or those that are named, and writes `bench/RESULTS.md`. A run of
 * some rows only prints: the table in the file is always of one run.
 */
import { startWorker } from "../tests/helpers/worker.ts";
import { describeMachine } from "./machine.ts";
import { renderResults } from "./results.ts";
import type { Measured, Row } from "./row.ts";
import { ROWS } from "./rows/mod.ts";
import { startSshd } from "./sshd.ts";

const unknown = Deno.args.filter((arg) =>
  !ROWS.some(({ name }) => name === arg)
);
if (unknown.length > 0) {
  const names = ROWS.map(({ name }) => name).join(", ");
  console.error(`"${unknown.join(" ")}" is no row: choose from ${names}`);
  Deno.exit(2);
}
const rows = ROWS.filter(({ name }) =>
  Deno.args.length === 0 || Deno.args.includes(name)
);

await using sshd = await startSshd();
const machine = await describeMachine(sshd.version);
const results: { row: Row; measured: Measured }[] = [];
for (const row of rows) {
  // A server of its own: what one row leaves behind doesn't burden the next.
  await using worker = await startWorker({
    args: ["--log-level=error", ...row.serve ?? []],
  });
  const measured = await row.measure({ worker, sshd });
  results.push({ row, measured });
  const verdict = measured.met === null
    ? "skipped"
    : measured.met
    ? "met    "
    : "NOT met";
  console.log(
    `${verdict} ${row.name}: ${measured.measured} (target ${row.target})`,
  );
}
const document = renderResults(results, machine);
if (rows.length === ROWS.length) {
  await Deno.writeTextFile(new URL("RESULTS.md", import.meta.url), document);
} else {
  console.log(`\n${document}`);
}
