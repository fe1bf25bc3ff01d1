import { createMiddleware } from "hono/factory";
import { WorkerError } from "../../api/errors.ts";
import type { AppEnv } from "../env.ts";
import { VERSION } from "../../version.ts";
import { connectionOf } from "../connection.ts";

/**
 * Lets only users in: the connection's certificate is checked again at each request, and one that
 * says it is a node or a proxy has no business with jobs.
 */
export const authenticate = createMiddleware<AppEnv>(async (c, next) => {
  const identity = connectionOf(c.env.incoming).identity();
  if (identity.kind !== "user" && identity.kind !== null) {
    throw new WorkerError(
      "PERMISSION_DENIED",
      `the certificate of "${identity.name}" belongs to a ${identity.kind}, not to a user`,
    );
  }
  c.set("identity", identity);
  // Only who is let in learns the version.
  c.header("server", `worker/${VERSION}`);
  await next();
});
