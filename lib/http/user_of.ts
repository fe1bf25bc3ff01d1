import type { Identity } from "../../certs/identity.ts";
import { WorkerError } from "../api/errors.ts";
import type { Connection } from "./connection.ts";

/**
 * The user of a connection, whose certificate is checked again. One that says it is a node or a
 * proxy has no business with jobs.
 *
 * @throws {WorkerError} `UNAUTHENTICATED`, `PERMISSION_DENIED`
 */
export function userOf(connection: Pick<Connection, "identity">): Identity {
  const identity = connection.identity();
  if (identity.kind === "user" || identity.kind === null) return identity;
  throw new WorkerError(
    "PERMISSION_DENIED",
    `the certificate of "${identity.name}" belongs to a ${identity.kind}, not to a user`,
  );
}
