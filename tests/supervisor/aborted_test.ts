import { strictEqual } from "node:assert/strict";
import { aborted } from "../../lib/supervisor/mod.ts";

Deno.test("aborted() resolves when the signal aborts, or when it has", async () => {
  const stop = new AbortController();
  const waiting = aborted(stop.signal);
  stop.abort();
  strictEqual(await waiting, undefined);
  strictEqual(await aborted(stop.signal), undefined);
});
