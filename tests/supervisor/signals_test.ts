import { deepStrictEqual } from "node:assert/strict";
import { onSignals } from "../../lib/supervisor/signals.ts";
import { waitFor } from "../helpers/wait_for.ts";

Deno.test("onSignals() handles each signal by its handler until it is disposed", async () => {
  // Signals that do nothing to a process which does not handle them.
  const seen: string[] = [];
  const witness: string[] = [];
  using _witness = onSignals({ SIGWINCH: () => void witness.push("came") });
  {
    using _handlers = onSignals({
      SIGWINCH: () => void seen.push("SIGWINCH"),
      SIGURG: () => void seen.push("SIGURG"),
    });
    Deno.kill(Deno.pid, "SIGURG");
    await waitFor("the first signal", () => seen.length === 1);
    Deno.kill(Deno.pid, "SIGWINCH");
    await waitFor("the second signal", () => seen.length === 2);
    await waitFor("the witness", () => witness.length === 1);
  }
  Deno.kill(Deno.pid, "SIGWINCH");
  await waitFor("the third signal", () => witness.length === 2);
  deepStrictEqual(seen, ["SIGURG", "SIGWINCH"]);
});
