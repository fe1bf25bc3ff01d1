import { createRoute } from "@hono/zod-openapi";
import type { Identity } from "../../../certs/identity.ts";
import type {
  JoinAnswer,
  JoinRequest,
  RenewRequest,
} from "../../api/cluster.ts";
import {
  JoinAnswerSchema,
  JoinRequestSchema,
  RenewRequestSchema,
} from "../../api/cluster_schema.ts";
import { authorize } from "../../access/authorize.ts";
import type { Clock } from "../../clock.ts";
import { audited } from "../audited.ts";
import { connectionOf } from "../connection.ts";
import type { App } from "../env.ts";
import { limitRate } from "../middleware/limit_rate.ts";
import { readBodyWithin } from "../middleware/read_body.ts";
import { errorResponses, jsonBody, jsonResponse, named } from "../schemas.ts";

/** What {@linkcode joinRoutes} needs of the cluster's authority. */
export interface JoinService {
  join(request: JoinRequest): Promise<JoinAnswer>;
  renew(identity: Identity, request: RenewRequest): Promise<JoinAnswer>;
}

/** A request with a certificate and a request of RSA keys has some 8 KiB. */
const MAX_BODY_BYTES = 64 * 1024;

/** A rack of hosts behind one address may come at once; somebody who tries secrets is slowed down. */
const JOIN_RATE = { burst: 50, perSecond: 5 };

const answer = jsonResponse(
  "Its certificates, and whom to trust.",
  named("JoinAnswer", JoinAnswerSchema),
);

const join = createRoute({
  method: "post",
  path: "/v1/join",
  middleware: audited("member.join"),
  summary: "Join the cluster with a token, or come back with the old key",
  request: { body: jsonBody(named("JoinRequest", JoinRequestSchema)) },
  responses: { 200: answer, ...errorResponses },
});

const renew = createRoute({
  method: "post",
  path: "/v1/renew",
  middleware: audited("member.renew"),
  summary: "Renew a member's certificate, over the one it has",
  request: { body: jsonBody(named("RenewRequest", RenewRequestSchema)) },
  responses: { 200: answer, ...errorResponses },
});

/**
 * Joining, which takes no certificate, and renewing, which takes a member's. To be registered
 * before the routes that take a user's.
 */
export function joinRoutes(
  app: App,
  { authority, clock }: { authority: JoinService; clock?: Clock },
): void {
  app.use("/v1/join", limitRate({ ...JOIN_RATE, ...clock && { clock } }));
  app.use("/v1/join", readBodyWithin(MAX_BODY_BYTES));
  app.use("/v1/renew", async (c, next) => {
    const identity = connectionOf(c.env.incoming).identity();
    authorize(identity, "renew", "own certificate");
    await next();
  });
  app.use("/v1/renew", readBodyWithin(MAX_BODY_BYTES));

  app.openapi(join, async (c) => {
    const request = c.req.valid("json");
    const { name, roles, token } = request;
    c.var.audit.note({
      detail: {
        name,
        roles: roles?.join() ?? null,
        // The part of a token that is no secret.
        token: token === null
          ? null
          : /^worker-([0-9a-z]{8})-/.exec(token)?.[1] ?? null,
      },
    });
    return c.json(await authority.join(request), 200);
  });

  app.openapi(renew, async (c) => {
    const identity = connectionOf(c.env.incoming).identity();
    const request = c.req.valid("json");
    return c.json(await authority.renew(identity, request), 200);
  });
}
