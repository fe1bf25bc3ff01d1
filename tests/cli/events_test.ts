import { deepEqual, equal, match } from "node:assert/strict";
import { AuditEventSchema } from "../../lib/api/audit_event_schema.ts";
import { LineReader } from "../audit/line_reader.ts";
import { serve } from "./served.ts";

Deno.test("worker events tells what was done, and goes on with -f", async (t) => {
  await using served = await serve();
  const { worker } = served;
  const events = async (...args: string[]) => {
    const { code, stdout, stderr } = await worker(["events", ...args]);
    equal(code, 0, stderr);
    return stdout;
  };
  equal((await worker(["run", "--", "true"])).code, 0);

  await t.step("as a table", async () => {
    const [header, ...lines] = (await events()).trimEnd().split("\n");
    match(header!, /^TIME +ACTOR +FROM +ACTION +TARGET +RESULT$/);
    match(lines[0]!, / - +- +daemon\.start +- +ok$/);
    match(lines.at(-1)!, / job\.run +[0-9a-z]{26} +ok \(true\)$/);
  });

  await t.step("as NDJSON, filtered", async () => {
    const text = await events("--json", "--action", "job.run", "--since", "1h");
    const lines = text.trimEnd().split("\n");
    equal(lines.length, 1);
    equal(AuditEventSchema.parse(JSON.parse(lines[0]!)).status, 200);
    equal(await events("--json", "--result", "refused"), "");
    equal(await events("--json", "-n", "0"), "");
  });

  await t.step("followed", async () => {
    const child = served.spawn(["events", "-f", "--json", "-n", "1"]);
    const lines = new LineReader(child.stdout);
    const actions = [JSON.parse((await lines.next())!).action];
    equal((await worker(["start", "--", "true"])).code, 0);
    actions.push(JSON.parse((await lines.next())!).action);
    deepEqual(actions, ["job.run", "job.start"]);
    child.kill("SIGTERM");
    equal(await lines.next(), null);
    await child.stderr.cancel();
    await child.status;
  });

  for (
    const [args, said] of [
      [["--result", "good"], /"good" is not a result: .* ok, refused, failed/],
      [["--limit", "few"], /"few" is not a count/],
      [["--since", "yesterday"], /"yesterday" is no moment in the past/],
      [["surplus"], /surplus/],
    ] as const
  ) {
    await t.step(`refuses ${args.join(" ")}`, async () => {
      const { code, stderr } = await worker(["events", ...args]);
      equal(code, 2);
      match(stderr, said);
    });
  }
});
