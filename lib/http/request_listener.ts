import { getRequestListener } from "@hono/node-server";
import type { App } from "./env.ts";
import type { Incoming, Outgoing } from "./listener/listener_options.ts";

/** Lets an app answer the requests of a listener: what a listener's `handler` is. */
export function requestListener(
  app: App,
): (incoming: Incoming, outgoing: Outgoing) => void {
  const listener = getRequestListener(app.fetch, {
    // Otherwise every other server of the process dies.
    overrideGlobalObjects: false,
    // It would look after each answer, with timers that nobody can wait for. `dropBody` does.
    autoCleanupIncoming: false,
  });
  return (incoming, outgoing) => void listener(incoming, outgoing);
}
