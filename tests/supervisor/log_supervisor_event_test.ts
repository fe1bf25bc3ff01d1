import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  configure,
  getTextFormatter,
  type LogRecord,
  reset,
} from "@logtape/logtape";
import { WorkerError } from "../../lib/api/errors.ts";
import {
  logSupervisorEvent,
  type SupervisorEvent,
} from "../../lib/supervisor/mod.ts";

const error = new Error("the port is taken");
const report = { graceful: true, tookMs: 12, hung: [], failedExitHandlers: [] };

const LINES: [SupervisorEvent, string, string][] = [
  [
    { type: "started", service: "api", restarts: 0 },
    "debug",
    'the service "api" has started',
  ],
  [
    { type: "started", service: "api", restarts: 1 },
    "info",
    'the service "api" runs again',
  ],
  [
    { type: "ended", service: "api", endsProcess: false },
    "debug",
    'the service "api" is done',
  ],
  [
    { type: "ended", service: "api", endsProcess: true },
    "info",
    'the service "api" ends the process',
  ],
  [
    { type: "failed", service: "api", critical: true, error },
    "error",
    'the service "api" failed, which ends the process: "the port is taken"',
  ],
  [
    { type: "failed", service: "api", critical: false, error: "odd" },
    "error",
    'the service "api" failed: "odd"',
  ],
  [
    { type: "restarting", service: "api", delayMs: 375.4 },
    "warning",
    'the service "api" runs again in 375 ms',
  ],
  [
    { type: "gave_up", service: "api", limit: 10, windowMs: 600_000 },
    "error",
    'the service "api" failed after 10 restarts within 600000 ms and is not started again',
  ],
  [
    { type: "stopping", service: "api" },
    "debug",
    'the service "api" is to stop',
  ],
  [
    { type: "stopped", service: "api", error: undefined },
    "debug",
    'the service "api" has stopped',
  ],
  [
    { type: "stopped", service: "api", error },
    "warning",
    'the service "api" failed while it stopped: "the port is taken"',
  ],
  [
    { type: "hung", service: "api", behind: [] },
    "error",
    'the service "api" did not stop in time',
  ],
  [
    { type: "hung", service: "api", behind: ["tunnel", "web"] },
    "error",
    'the service "api" was asked to stop too late: [ "tunnel", "web" ] did not stop in time',
  ],
  [
    { type: "exit_handler_failed", handler: "lock", error },
    "error",
    'the exit handler "lock" failed: "the port is taken"',
  ],
  [
    { type: "exit_handler_hung", handler: "lock", deadlineMs: 300 },
    "error",
    'the exit handler "lock" did not end within 300 ms',
  ],
  [
    { type: "mapping_failed", event: "Ready", error },
    "error",
    'the event "Ready" was not sent: "the port is taken"',
  ],
  [
    { type: "shutting_down", graceful: true, deadlineMs: 10_000 },
    "info",
    "shutting down, at most 10000 ms",
  ],
  [
    { type: "shutting_down", graceful: false, deadlineMs: 1_000 },
    "info",
    "shutting down at once, at most 1000 ms",
  ],
  [{ type: "shut_down", report }, "info", "shut down in 12 ms"],
];

/** The records that these events make. */
async function logged(events: SupervisorEvent[]): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  await configure({
    sinks: { list: (record) => void records.push(record) },
    loggers: [
      { category: "worker", lowestLevel: "debug", sinks: ["list"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: [] },
    ],
  });
  try {
    events.forEach(logSupervisorEvent);
  } finally {
    await reset();
  }
  return records;
}

Deno.test("logSupervisorEvent() writes every event in words, as loud as it matters", async () => {
  const records = await logged(LINES.map(([event]) => event));
  const format = getTextFormatter({ format: ({ message }) => message });
  deepStrictEqual(
    records.map((record) => [record.level, format(record).trim()]),
    LINES.map(([, level, line]) => [level, line]),
  );
  strictEqual(records[0]?.category.join("."), "worker.supervisor");
});

Deno.test("logSupervisorEvent() keeps the stack of errors that nobody foresaw, only", async () => {
  const refused = new WorkerError("UNAUTHENTICATED", "the token was used");
  const defect = new WorkerError("INTERNAL", "it broke");
  const records = await logged([error, refused, defect].map((error) => (
    { type: "failed", service: "register", critical: true, error }
  )));
  deepStrictEqual(
    records.map(({ properties }) => properties["error"]),
    [error, { code: "UNAUTHENTICATED" }, defect],
  );
});
