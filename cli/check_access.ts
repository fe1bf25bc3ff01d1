import { WorkerError } from "../lib/api/errors.ts";
import { refusal } from "../lib/client/answer.ts";
import type { Transport } from "../lib/client/transport.ts";

/** What a server that lets a client in has said. */
export interface Access {
  /** False of a server that is a door to others only: it has not the role node. */
  runsJobs: boolean;
  /** Of the answer; only who is let in learns the version. */
  headers: Headers;
}

/**
 * Asks a server whether it lets this client in.
 *
 * @throws {WorkerError} why it does not, or why there is no answer.
 */
export async function checkAccess(transport: Transport): Promise<Access> {
  const response = await transport.fetch("/v1/jobs?limit=1");
  const { ok, headers } = response;
  if (ok) {
    await response.body?.cancel();
    return { runsJobs: true, headers };
  }
  const error = await refusal(response, transport.address);
  // Whoever is not let in is told that before.
  const noJobs = error instanceof WorkerError && error.code === "UNSUPPORTED";
  if (noJobs) return { runsJobs: false, headers };
  throw error;
}
