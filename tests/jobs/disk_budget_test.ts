import { equal, match, ok } from "node:assert/strict";
import {
  diskSpace,
  inWords,
  problemOfDisk,
  reserveOf,
} from "../../lib/jobs/disk_budget.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

Deno.test("reserveOf() is what was asked for, else 256 MiB or 5 % of a small disk", () => {
  equal(reserveOf(7, { total: GIB, free: 0 }), 7);
  equal(reserveOf(null, { total: 100 * GIB, free: 0 }), 256 * MIB);
  equal(reserveOf(null, { total: 100 * MIB, free: 0 }), 5 * MIB);
});

Deno.test("problemOfDisk() says what is free, what is needed and what to do", () => {
  const of = (free: number, reserve: number | null = null) =>
    problemOfDisk("/jobs", { reserve, space: { total: 10 * GIB, free } });
  equal(of(256 * MIB), null);
  match(
    of(100 * MIB) ?? "",
    /"\/jobs" has 100\.0M free and 256\.0M must stay free: remove finished jobs/,
  );
  equal(of(0, 0), null);
});

Deno.test("diskSpace() reads the real file system", () => {
  const { total, free } = diskSpace("/");
  ok(total > 0 && free >= 0 && free <= total, `${free} of ${total}`);
});

Deno.test("inWords() writes sizes as people type them", () => {
  equal(inWords(1.5 * GIB), "1.5G");
  equal(inWords(300 * MIB), "300.0M");
  equal(inWords(2_048), "2K");
  equal(inWords(0), "0K");
});
