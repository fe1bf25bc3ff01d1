import { deepEqual, equal } from "node:assert/strict";
import type { AuditEvent } from "../../../lib/api/audit_event.ts";
import { AuditLog } from "../../../lib/audit/mod.ts";
import { TunnelLog } from "../../../lib/daemon/cluster/tunnel_log.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { dialAs, TestProxy, tunnelCredentials } from "../../helpers/tunnels.ts";

Deno.test("note() records who was refused a tunnel, and nobody whom a proxy that shuts down sent away", async () => {
  const directory = await Deno.makeTempDir({ prefix: "worker-test-" });
  using audit = new AuditLog({ directory });
  const log = new TunnelLog(audit);
  await using proxy = await TestProxy.start();
  await using alice = await dialAs("alice", {
    address: proxy.address,
    credentials: await tunnelCredentials("alice", { kind: "user" }),
  });
  await alice.closed;
  await proxy.server.drain();
  await using late = await dialAs("web-1", { address: proxy.address });
  await late.closed;
  const events = await waitFor(
    "both refusals",
    () => proxy.events.length === 2 ? proxy.events : undefined,
  );
  for (const event of events) log.note(event);
  const recorded = await Array.fromAsync(
    audit.read({}),
    (line) => JSON.parse(line) as AuditEvent,
  );
  equal(recorded.length, 1);
  const { actor, action, code, result } = recorded[0]!;
  deepEqual(
    [actor?.name, actor?.kind, action, code, result],
    ["alice", "user", "tunnel.open", "PERMISSION_DENIED", "refused"],
  );
  await Deno.remove(directory, { recursive: true });
});
