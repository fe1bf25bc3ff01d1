import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { AuditAction } from "../api/audit_event.ts";

const actions = new WeakMap<object, AuditAction>();
const quiet = new WeakSet<object>();

/**
 * Says under which name calls of a route are recorded: `createRoute({ middleware: audited("job.stop"), … })`.
 * Every route that changes something has one.
 */
export function audited(action: AuditAction): MiddlewareHandler {
  const pass: MiddlewareHandler = (_, next) => next();
  actions.set(pass, action);
  return pass;
}

/** The same of a route whose calls are recorded only when they are refused: there are too many. */
export function auditedWhenRefused(action: AuditAction): MiddlewareHandler {
  const pass = audited(action);
  quiet.add(pass);
  return pass;
}

/** The action of a handler that {@linkcode audited} made; null of any other. */
export function actionOfHandler(handler: object): AuditAction | null {
  return actions.get(handler) ?? null;
}

/** The action of the route that a request leads to, however far it came; null when it has none. */
export function actionOf(context: Context): AuditAction | null {
  for (const { handler } of matchedRoutes(context)) {
    const action = actionOfHandler(handler);
    if (action !== null) return action;
  }
  return null;
}

/** Whether calls of the route that a request leads to are recorded only when they are refused. */
export function isQuiet(context: Context): boolean {
  return matchedRoutes(context).some(({ handler }) => quiet.has(handler));
}
