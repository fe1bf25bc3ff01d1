import { equal } from "node:assert/strict";
import { exitCodeOfJob } from "../../cli/exit_codes.ts";

const nothing = { code: null, signal: null };

Deno.test("exitCodeOfJob() is the job's code, 128+n for a signal, and never 0 when it is unknown", () => {
  equal(exitCodeOfJob({ ...nothing, code: 7, reason: "exited" }), 7);
  equal(exitCodeOfJob({ ...nothing, code: 0, reason: "stopped" }), 0);
  equal(
    exitCodeOfJob({ ...nothing, signal: "SIGTERM", reason: "timeout" }),
    143,
  );
  equal(
    exitCodeOfJob({ ...nothing, signal: "SIGRTMIN+3", reason: "signaled" }),
    165,
  );
  equal(exitCodeOfJob({ ...nothing, code: 0, reason: "timeout" }), 124);
  equal(exitCodeOfJob({ ...nothing, reason: "start_failed" }), 126);
  equal(exitCodeOfJob({ ...nothing, reason: "stopped" }), 143);
  equal(exitCodeOfJob({ ...nothing, reason: "lost" }), 254);
});
