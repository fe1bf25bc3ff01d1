import { createRoute } from "@hono/zod-openapi";
import { authorize } from "../../access/authorize.ts";
import {
  HeartbeatAnswerSchema,
  HeartbeatSchema,
} from "../../api/presence_schema.ts";
import type { Clock } from "../../clock.ts";
import { auditedWhenRefused } from "../audited.ts";
import { authOf, type ClusterServices } from "../cluster_services.ts";
import { connectionOf } from "../connection.ts";
import type { App } from "../env.ts";
import { identify } from "../middleware/identify.ts";
import { limitRate } from "../middleware/limit_rate.ts";
import { readBodyWithin } from "../middleware/read_body.ts";
import { errorResponses, jsonBody, jsonResponse, named } from "../schemas.ts";

/** Labels, addresses and names of proxies at their longest are some 50 KiB. */
const MAX_BODY_BYTES = 64 * 1024;

/** One in 15 seconds, and one for each change; of a member, because proxies pass on those of many. */
const HEARTBEAT_RATE = { burst: 30, perSecond: 2 };

const beat = createRoute({
  method: "post",
  path: "/v1/heartbeats",
  middleware: auditedWhenRefused("member.heartbeat"),
  summary:
    "A member says that it is there, and learns what is new; for members",
  request: { body: jsonBody(named("Heartbeat", HeartbeatSchema)) },
  responses: {
    200: jsonResponse(
      "What the member does not know yet.",
      named("HeartbeatAnswer", HeartbeatAnswerSchema),
    ),
    ...errorResponses,
  },
});

/** Heartbeats. To be registered before the routes that take a user's certificate. */
export function heartbeatRoute(
  app: App,
  services: Pick<ClusterServices, "auth">,
  { clock }: { clock?: Clock } = {},
): void {
  app.use("/v1/heartbeats", identify, async (c, next) => {
    authorize(c.var.identity, "create", "heartbeat");
    await next();
  });
  app.use(
    "/v1/heartbeats",
    limitRate({
      ...HEARTBEAT_RATE,
      ...clock && { clock },
      of: ({ var: { identity } }) => `${identity.kind} ${identity.name}`,
    }),
    readBodyWithin(MAX_BODY_BYTES),
  );
  app.openapi(beat, async (c) => {
    const { presence } = authOf(services);
    const identity = connectionOf(c.env.incoming).identity();
    const heartbeat = c.req.valid("json");
    c.var.audit.note({ detail: { roles: heartbeat.roles.join() } });
    return c.json(await presence.accept(identity, heartbeat), 200);
  });
}
