import type { Context } from "hono";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Identity } from "../../certs/identity.ts";
import type { AuditCall } from "./audit_call.ts";
import type { Incoming, Outgoing } from "./listener/listener_options.ts";

/** Who asks, as far as the routes care. */
export type Caller = Pick<
  Identity,
  "name" | "roles" | "kind" | "fingerprint"
>;

/** What every handler finds in its context. */
export interface AppEnv {
  Bindings: { incoming: Incoming; outgoing: Outgoing };
  Variables: {
    /** Who asks; set on every route below `/v1`. */
    identity: Caller;
    /** What is recorded of the call. */
    audit: AuditCall;
  };
}

export type AppContext = Context<AppEnv>;
export type App = OpenAPIHono<AppEnv>;
