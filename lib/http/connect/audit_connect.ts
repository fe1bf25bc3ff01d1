import type { AuditActor } from "../../api/audit_event.ts";
import type { WorkerError } from "../../api/errors.ts";
import { STREAM_PATH } from "../../api/tunnel_protocol.ts";
import type { AuditSink } from "../../audit/mod.ts";
import type { Connection } from "../connection.ts";
import type { ConnectRequest } from "./connect_request.ts";

/** Records a CONNECT before it is answered: to which node, or why it led to none. */
export function auditConnect(
  sink: AuditSink,
  { connection, target }: ConnectRequest,
  outcome: { node: string } | { problem: WorkerError },
): void {
  const common = commonOf(connection);
  if ("node" in outcome) {
    const detail = { target, node: outcome.node };
    return sink.record({ ...common, detail, result: "ok", status: 200 });
  }
  sink.record({ ...common, detail: { target }, ...failure(outcome.problem) });
}

/** Records that somebody asked a node for a stream as a proxy does, and is none. */
export function auditStreamRefused(
  sink: AuditSink,
  { connection, problem }: { connection: Connection; problem: WorkerError },
): void {
  const detail = { path: STREAM_PATH };
  sink.record({ ...commonOf(connection), detail, ...failure(problem) });
}

function commonOf(connection: Connection) {
  const { remoteAddress: from } = connection;
  return { actor: actorOf(connection), from, action: "node.connect" } as const;
}

function failure({ status, code, message }: WorkerError) {
  const refused = status === 401 || status === 403;
  return {
    result: refused ? "refused" : "failed",
    status,
    code,
    message,
  } as const;
}

function actorOf(connection: Connection): AuditActor | null {
  try {
    const { name, roles, kind, fingerprint } = connection.identity();
    return { name, roles, kind, certificate: fingerprint };
  } catch {
    return null;
  }
}
