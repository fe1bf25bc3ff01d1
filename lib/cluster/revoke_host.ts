import { WorkerError } from "../api/errors.ts";
import type { MemberId, Members } from "./members.ts";
import { told } from "./worker_error_of.ts";

/**
 * Never lets the host of a member in again with what it has, as whatever it is: whoever has its key
 * has all of it.
 *
 * @throws {WorkerError} `NOT_FOUND`; `CONFLICT` for the authority's own host; `UNAVAILABLE` when it
 * can't be written down, as on a full disk
 */
export async function revokeHost(
  members: Members,
  { id, reason }: { id: MemberId; reason: string | null },
): Promise<void> {
  const { kind, name } = id;
  const member = await told(() => members.get(id));
  if (member === null) {
    throw new WorkerError(
      "NOT_FOUND",
      `there is no ${kind} "${name.slice(0, 200)}" in this cluster`,
    );
  }
  if (member.own) {
    throw new WorkerError(
      "CONFLICT",
      `the ${kind} "${name}" is this server itself, which can't be revoked: take the role ${kind} from it instead`,
    );
  }
  await told(async () => {
    for (const record of await members.hostOf(member)) {
      await members.revoke(record, { reason });
    }
  });
}
