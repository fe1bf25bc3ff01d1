import { equal, throws } from "node:assert/strict";
import { parseDuration } from "../../lib/api/duration.ts";
import { WorkerError } from "../../lib/api/errors.ts";
import { signalName, signalNumber } from "../../lib/api/signals.ts";
import { parseSize } from "../../lib/api/size.ts";

Deno.test("parseDuration() reads units and their sums", () => {
  equal(parseDuration("10s"), 10_000);
  equal(parseDuration("1h30m"), 5_400_000);
  equal(parseDuration("250ms"), 250);
  equal(parseDuration("1.5s"), 1_500);
});

Deno.test("parseDuration() refuses what is none and names it", () => {
  for (const text of ["", "10", "-1s", "s", "1 h", "1h-3m", "Infinity"]) {
    throws(
      () => parseDuration(text),
      (error: WorkerError) =>
        error.code === "INVALID_ARGUMENT" &&
        error.message.includes(`"${text}"`),
    );
  }
});

Deno.test("parseSize() is 1024-based", () => {
  equal(parseSize("512K"), 524_288);
  equal(parseSize("1.5G"), 1_610_612_736);
  equal(parseSize("4096"), 4096);
});

Deno.test("parseSize() refuses what is none", () => {
  for (const text of ["", "-1", "1KB", "ten", "1e9"]) {
    throws(() => parseSize(text), WorkerError);
  }
});

Deno.test("signalName() and signalNumber() agree, real-time signals too", () => {
  for (const number of [1, 9, 15, 31, 34, 37, 64]) {
    equal(signalNumber(signalName(number)), number);
  }
  equal(signalName(37), "SIGRTMIN+3");
});
