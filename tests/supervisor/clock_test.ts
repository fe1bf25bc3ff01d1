import { deepStrictEqual } from "node:assert/strict";
import { SYSTEM_CLOCK } from "../../lib/supervisor/mod.ts";

Deno.test("SYSTEM_CLOCK.after() does not fire early when it is longer than a timer of the runtime", async () => {
  const fired: string[] = [];
  const cancels = [2 ** 31, 2 ** 40, Infinity].map((ms) =>
    SYSTEM_CLOCK.after(ms, () => fired.push(`${ms}`))
  );
  // A timer that overflows fires after 1 ms.
  await new Promise<void>((resolve) => SYSTEM_CLOCK.after(30, resolve));
  for (const cancel of cancels) cancel();
  deepStrictEqual(fired, []);
});

Deno.test("SYSTEM_CLOCK.after() fires nothing any more when it was cancelled", async () => {
  const fired: string[] = [];
  const cancel = SYSTEM_CLOCK.after(0, () => fired.push("cancelled"));
  cancel();
  await new Promise<void>((resolve) => SYSTEM_CLOCK.after(10, resolve));
  deepStrictEqual(fired, []);
});
