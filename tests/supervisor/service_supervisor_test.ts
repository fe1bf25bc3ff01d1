import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  ServiceSupervisor,
  type SupervisorEvent,
} from "../../lib/supervisor/mod.ts";

Deno.test("shutdown() stops a service after what needs it", async () => {
  const events: SupervisorEvent[] = [];
  const supervisor = new ServiceSupervisor<{ A: number }>({
    onEvent: (e) => void events.push(e),
  });
  const until = (signal: AbortSignal) =>
    new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve())
    );
  supervisor.register({ name: "a", run: until });
  supervisor.register({ name: "b", needs: ["a"], run: until });
  supervisor.start();
  const report = await supervisor.shutdown();
  strictEqual(report.graceful, true);
  deepStrictEqual(
    events.filter(({ type }) => type === "stopping").map((e) =>
      (e as { service: string }).service
    ),
    ["b", "a"],
  );
});
