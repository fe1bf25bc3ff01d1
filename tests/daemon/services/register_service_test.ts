import { deepEqual, rejects } from "node:assert/strict";
import { WorkerError } from "../../../lib/api/errors.ts";
import type { AuditEvent } from "../../../lib/api/audit_event.ts";
import { AuditLog } from "../../../lib/audit/mod.ts";
import type { DaemonEvents } from "../../../lib/daemon/events.ts";
import {
  registerService,
  type RegisterServiceParts,
} from "../../../lib/daemon/services/register_service.ts";
import { EventBus } from "../../../lib/supervisor/mod.ts";

Deno.test("registerService() records that it was refused, a wrong pin for one, and nothing else", async () => {
  const directory = await Deno.makeTempDir({ prefix: "worker-test-" });
  using audit = new AuditLog({ directory });
  const failWith = async (error: Error) => {
    const service = registerService({
      audit,
      // A configuration has settings of its audit log, too.
      live: { current: { name: "web-1", roles: ["node"], audit: {} } },
      membership: { ensure: () => Promise.reject(error) },
    } as unknown as RegisterServiceParts);
    const bus = new EventBus<DaemonEvents>();
    const { signal } = new AbortController();
    await rejects(Promise.resolve(service.run(signal, bus)), error);
  };
  await failWith(new WorkerError("UNAUTHENTICATED", "another pin"));
  await failWith(new WorkerError("NOT_FOUND", "there is no file"));
  await failWith(new Error("a defect"));
  const events = await Array.fromAsync(
    audit.read(),
    (line) => JSON.parse(line) as AuditEvent,
  );
  deepEqual(
    events.map(({ action, result, code, message, detail }) => [
      ...[action, result, code, message],
      detail,
    ]),
    [[
      ...["member.join", "refused", "UNAUTHENTICATED", "another pin"],
      { name: "web-1", roles: "node" },
    ]],
  );
  await Deno.remove(directory, { recursive: true });
});
