import { equal, rejects } from "node:assert/strict";
import { findJob } from "../../cli/find_job.ts";
import type { JobClient } from "../../lib/client/mod.ts";
import { exampleJob } from "../helpers/example_job.ts";

const FIRST = "01k9zq4t3v8m2c7x5n0b6d1f2g";
const SECOND = "01k9zq4t3v0000000000abcdef";

/** Finds among two jobs; `found` also counts the lists that were asked for. */
function among(reference: string, names: (string | null)[] = [null, null]) {
  const jobs = [FIRST, SECOND].map((id, n) =>
    exampleJob({ id, name: names[n]! })
  );
  const client = { list: () => Promise.resolve(jobs) } as Partial<JobClient>;
  return findJob(client as JobClient, reference);
}

Deno.test("findJob() asks nobody when the reference is a whole id", async () => {
  equal(await findJob({} as JobClient, FIRST.toUpperCase()), FIRST);
});

Deno.test("findJob() takes a name, a beginning, or the last six characters", async () => {
  equal(await among("web", ["web", null]), FIRST);
  equal(await among("01k9zq4t3v8"), FIRST);
  equal(await among("ABCDEF"), SECOND);
});

Deno.test("findJob() prefers a name when it looks like a part of another id", async () => {
  equal(await among("abcdef", ["abcdef", null]), FIRST);
});

Deno.test("findJob() refuses what means two jobs or none", async () => {
  await rejects(among("01k9"), {
    code: "CONFLICT",
    message: new RegExp(`"01k9" means 2 jobs.*${FIRST}, ${SECOND}`),
  });
  await rejects(among("web", ["web", "web"]), { code: "CONFLICT" });
  for (const none of ["bcdef", "nope", ""]) {
    await rejects(among(none), { code: "NOT_FOUND" });
  }
});
