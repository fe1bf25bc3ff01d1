import type { AuditActor } from "../../api/audit_event.ts";
import type { WorkerError } from "../../api/errors.ts";
import type { AuditSink } from "../../audit/mod.ts";
import type { ConnectRequest } from "./connect_request.ts";

/** Records a CONNECT before it is answered: to which node, or why it led to none. */
export function auditConnect(
  sink: AuditSink,
  { connection, target }: ConnectRequest,
  outcome: { node: string } | { problem: WorkerError },
): void {
  const common = {
    actor: actorOf(connection),
    from: connection.remoteAddress,
    action: "node.connect",
  } as const;
  if ("node" in outcome) {
    const detail = { target, node: outcome.node };
    return sink.record({ ...common, detail, result: "ok", status: 200 });
  }
  const { status, code, message } = outcome.problem;
  sink.record({
    ...common,
    detail: { target },
    result: status === 401 || status === 403 ? "refused" : "failed",
    ...{ status, code, message },
  });
}

function actorOf(
  connection: ConnectRequest["connection"],
): AuditActor | null {
  try {
    const { name, roles, kind, fingerprint } = connection.identity();
    return { name, roles, kind, certificate: fingerprint };
  } catch {
    return null;
  }
}
