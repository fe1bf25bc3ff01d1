import { doesNotThrow, throws } from "node:assert/strict";
import { checkRlimits } from "../../../lib/jobs/isolation/check_rlimits.ts";

const facts = (capabilities: string) => () => ({
  limits:
    "Limit                     Soft Limit           Hard Limit           Units\n" +
    "Max cpu time              unlimited            unlimited            seconds\n" +
    "Max open files            1024                 4096                 files\n",
  status: `Name:\tx\nCapEff:\t${capabilities}\n`,
  maxOpenFiles: "1048576\n",
});
const user = facts("0000000000000000");
const root = facts("000001ffffffffff");

Deno.test("checkRlimits() refuses more than the hard limit when it can't be raised", () => {
  doesNotThrow(() => checkRlimits({ nofile: 4096, cpu: "unlimited" }, user));
  throws(() => checkRlimits({ nofile: 4097 }, user), {
    code: "INVALID_ARGUMENT",
    message: /rlimits\.nofile: "4097" is more .* write 4096 or less/,
  });
  doesNotThrow(() => checkRlimits({ nofile: 4097 }, root));
});

Deno.test("checkRlimits() refuses more open files than the kernel has for one process", () => {
  throws(() => checkRlimits({ nofile: "unlimited" }, root), {
    message: /"unlimited" is more .* write 1048576 or less/,
  });
});
