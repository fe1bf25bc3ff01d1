import type { MiddlewareHandler } from "hono";
import type { AuditSink } from "../../audit/mod.ts";
import { AuditCall } from "../audit_call.ts";
import type { AppEnv } from "../env.ts";

/** Records calls that changed something or were refused, before their answers go out. */
export function auditCalls(sink: AuditSink): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const call = new AuditCall(sink, c);
    c.set("audit", call);
    await next();
    call.record(c.res.status);
  };
}
