import type { AuditSink } from "../../audit/mod.ts";
import type { ListenerEvent } from "./listener_event.ts";

/** Records a client certificate that was refused; what else happens at a listener changes nothing. */
export function auditListenerEvent(
  sink: AuditSink,
  event: ListenerEvent,
): void {
  if (event.type !== "certificate_refused") return;
  const { remoteAddress: from, message } = event;
  sink.record({
    from,
    action: "connection",
    result: "refused",
    code: "UNAUTHENTICATED",
    message,
  });
}
