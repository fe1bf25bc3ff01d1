import { deepEqual, equal, throws } from "node:assert/strict";
import {
  parseServeFlags,
  type ServeFlags,
} from "../../lib/config/serve_config.ts";
import { refused } from "../helpers/refused.ts";

const FLAGS: ServeFlags = {
  stateDir: "/state",
  listen: "127.0.0.1:0",
  host: [],
  outputCap: "256M",
  outputTotal: "10G",
  keep: "7d",
  shutdownTimeout: "10s",
  logLevel: "info",
};

Deno.test("parseServeFlags() reads sizes, durations and counts", () => {
  const { maxJobs, outputTotal, reserve, outputCap, maxAge } = parseServeFlags({
    ...FLAGS,
    maxJobs: "8",
    reserve: "1G",
  });
  deepEqual([maxJobs, outputTotal, reserve], [8, 10 * 2 ** 30, 2 ** 30]);
  deepEqual([outputCap, maxAge], [256 * 2 ** 20, 7 * 86_400_000]);
});

Deno.test("parseServeFlags() sets no limit where none is asked for", () => {
  const { maxJobs, reserve } = parseServeFlags(FLAGS);
  equal(maxJobs, Infinity);
  equal(reserve, null);
});

Deno.test("parseServeFlags() names the flag, its value and what is expected", () => {
  const wrong: [Partial<ServeFlags>, RegExp][] = [
    [{ maxJobs: "0" }, /^--max-jobs: "0" is not a number of jobs: write/],
    [{ maxJobs: "1e3" }, /^--max-jobs: "1e3"/],
    [{ reserve: "much" }, /^--reserve: "much" is not a size: write/],
    [{ outputTotal: "-1" }, /^--output-total: "-1" is not a size/],
    [{ outputTotal: "0" }, /^--output-total: "0" is too small: write "64K"/],
    [{ outputCap: "1K" }, /^--output-cap: "1K" is too small: write "64K"/],
    [{ stateDir: "" }, /^--state-dir: "" is no directory: write/],
    [{ keep: "long" }, /^--keep: "long" is not a duration/],
    [{ listen: "here" }, /^--listen "here" is not an address/],
    [{ cert: "c.pem" }, /--cert, --key and --cacert belong together/],
  ];
  for (const [flags, message] of wrong) {
    throws(
      () => parseServeFlags({ ...FLAGS, ...flags }),
      refused("INVALID_ARGUMENT", message),
    );
  }
});
