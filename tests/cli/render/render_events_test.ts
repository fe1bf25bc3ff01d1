import { equal, match, ok } from "node:assert/strict";
import { EventTable } from "../../../cli/render/render_events.ts";
import type { AuditEvent } from "../../../lib/api/audit_event.ts";

const HOSTILE = "\x1b[2J\r\x07\u202e\x9b1m\n";

function event(more: Partial<AuditEvent> = {}): AuditEvent {
  return {
    time: "2026-01-01T12:00:00.000Z",
    id: "01k9zq4t3v8m2c7x5n0b6d1f2g",
    actor: { name: "alice", roles: [], kind: "user", certificate: null },
    from: "127.0.0.1:51234",
    action: "job.start",
    target: { job: "01k9zq4t3v8m2c7x5n0b6d1f2h", owner: "alice" },
    detail: { command: "sleep", name: null },
    result: "ok",
    status: 201,
    code: null,
    message: null,
    repeated: 1,
    ...more,
  };
}

Deno.test("EventTable.add() gives a header once, then a line for each event", () => {
  const table = new EventTable();
  const [header, line] = table.add(event()).split("\n");
  match(header!, /^TIME +ACTOR +FROM +ACTION +TARGET +RESULT$/);
  match(
    line!,
    /^2026-01-01 \d\d:\d\d:00 +alice +127\.0\.0\.1:51234 +job\.start +01k9zq4t3v8m2c7x5n0b6d1f2h +ok \(sleep\)$/,
  );
  equal(table.add(event()), line + "\n");
});

Deno.test("EventTable.add() says why something was refused, and how often", () => {
  const line = new EventTable().add(event({
    actor: null,
    action: "request",
    target: null,
    detail: { method: "GET", path: "/v1/jobs" },
    result: "refused",
    code: "UNAUTHENTICATED",
    message: "no certificate",
    repeated: 42,
  }));
  match(
    line,
    / - +127.* request +GET \/v1\/jobs +refused ×42: UNAUTHENTICATED: no certificate\n$/,
  );
});

Deno.test("EventTable.add() sends nothing to the terminal but text when an event is hostile", () => {
  const hostile = event({
    time: HOSTILE,
    actor: { name: HOSTILE, roles: [], kind: null, certificate: null },
    from: HOSTILE,
    target: { job: HOSTILE, owner: null },
    detail: { command: HOSTILE },
  });
  const text = new EventTable().add(hostile);
  // deno-lint-ignore no-control-regex
  equal(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(text), false);
  equal(text.split("\n").length, 3, "a header, an event and the end");
});

Deno.test("EventTable.add() cuts lines when the terminal is narrow", () => {
  const table = new EventTable({ width: 60 });
  for (const line of table.add(event()).trimEnd().split("\n")) {
    ok(line.length <= 60);
  }
});
