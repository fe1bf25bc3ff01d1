import { createRoute, z } from "@hono/zod-openapi";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { AUDIT_RESULTS } from "../../api/audit_event.ts";
import { AuditEventSchema } from "../../api/audit_event_schema.ts";
import { NDJSON_MEDIA_TYPE } from "../../api/ndjson.ts";
import { parseSince } from "../../api/since.ts";
import { authorize } from "../../access/authorize.ts";
import type { AppServices } from "../app_services.ts";
import type { App } from "../env.ts";
import { ResponseSink } from "../response/response_sink.ts";
import { errorResponses, Flag, named, WholeNumber } from "../schemas.ts";

const events = createRoute({
  method: "get",
  path: "/v1/events",
  summary: "The audit log, for administrators",
  request: {
    query: z.object({
      follow: Flag.optional().openapi({
        description: "Go on with what comes.",
      }),
      since: z.string().optional().openapi({
        description: "Only from then on: an RFC 3339 time, or `1h` ago.",
      }),
      limit: WholeNumber.optional().openapi({
        description: "Only the newest so many of those that are there.",
      }),
      actor: z.string().optional().openapi({
        description: "Only of this name.",
      }),
      action: z.string().optional().openapi({
        description: "Only of this action, such as `job.stop`.",
      }),
      result: z.enum(AUDIT_RESULTS).optional(),
    }),
  },
  responses: {
    200: {
      description:
        "Events, oldest first, one a line; with `follow=true` without end.",
      content: {
        [NDJSON_MEDIA_TYPE]: { schema: named("AuditEvent", AuditEventSchema) },
      },
    },
    ...errorResponses,
  },
});

/** Reading and following the audit log. */
export function eventsRoute(app: App, { audit }: AppServices): void {
  app.openapi(events, (c) => {
    authorize(c.var.identity, "read", "audit log");
    const { follow, since, limit, actor, action, result } = c.req.valid(
      "query",
    );
    const wanted = {
      follow: follow ?? false,
      ...(since !== undefined && { since: parseSince(since) }),
      ...(limit !== undefined && { limit }),
      ...(actor !== undefined && { actor }),
      ...(action !== undefined && { action }),
      ...(result !== undefined && { result }),
    };
    const sink = new ResponseSink(c, { "content-type": NDJSON_MEDIA_TYPE });
    sink.pump(async () => {
      const events = audit.read({ ...wanted, signal: sink.closed });
      for await (const lines of events) {
        sink.write(lines);
        await sink.ready();
      }
    }, { follow: wanted.follow });
    return RESPONSE_ALREADY_SENT as never;
  });
}
