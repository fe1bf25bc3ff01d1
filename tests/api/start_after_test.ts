import { equal, throws } from "node:assert/strict";
import { startTime } from "../../lib/api/start_after.ts";

const NOW = Date.parse("2026-11-21T09:00:00Z");

Deno.test("startTime() counts from now when it is given a duration", () => {
  equal(startTime("1m30s", NOW), "2026-11-21T09:01:30.000Z");
});

Deno.test("startTime() answers UTC when the time is of another zone, and keeps a past one", () => {
  equal(
    startTime("2027-01-31T08:00:00+01:00", NOW),
    "2027-01-31T07:00:00.000Z",
  );
  equal(startTime("2020-01-01T00:00:00Z", NOW), "2020-01-01T00:00:00.000Z");
});

Deno.test("startTime() names the value when it is no time", () => {
  for (
    const wrong of [
      ...["soon", "10", "", "2027-02-01", "99999999999999d"],
      ...["2027-02-30T00:00:00Z", "9999-12-31T23:59:59Z"],
    ]
  ) {
    throws(() => startTime(wrong, NOW), {
      code: "INVALID_ARGUMENT",
      message: new RegExp(`^"${wrong}" is `),
    });
  }
});
