import { certificatePin, type Rotation } from "../../certs/mod.ts";
import { WorkerError } from "../api/errors.ts";
import type { MemberRecord } from "./members.ts";

/** A member that the next step of a rotation would cut off. */
export type NotMoved =
  & Pick<MemberRecord, "kind" | "name" | "renewedAt">
  & {
    /** It does not trust the new authority yet, or has a certificate of the old one still. */
    why: "trust" | "certificate";
  };

/**
 * The members that have not moved to the new authority: in the phase `announced` those that do not
 * trust it, in the phase `issuing` those whose latest certificate is the old one's. Who was revoked
 * or has no valid certificate at `now` (ms since the epoch) is not waited for.
 */
export function membersNotMoved(
  rotation: Rotation,
  { members, now }: { members: readonly MemberRecord[]; now: number },
): NotMoved[] {
  if (rotation.phase === "none") return [];
  const target = certificatePin(
    (rotation.phase === "announced" ? rotation.next : rotation.issuer)
      .certificate,
  );
  return members.flatMap(
    ({ kind, name, renewedAt, certificates, trusts, revoked }) => {
      const latest = certificates.at(-1);
      if (revoked || !latest || latest.notAfter <= now) return [];
      const moved = rotation.phase === "announced"
        ? trusts.includes(target)
        : latest.issuer === target;
      const why = rotation.phase === "announced" ? "trust" : "certificate";
      return moved ? [] : [{ kind, name, renewedAt, why }];
    },
  );
}

/** @throws {WorkerError} `CONFLICT` that names those who would be cut off. */
export function refuseStranding(notMoved: readonly NotMoved[]): void {
  if (notMoved.length === 0) return;
  const some = notMoved.slice(0, 5).map(({ kind, name }) =>
    `${kind} "${name}"`
  );
  const more = notMoved.length - some.length;
  throw new WorkerError(
    "CONFLICT",
    `${
      notMoved.length === 1 ? "1 member has" : `${notMoved.length} members have`
    } not moved to the new authority and would be cut off: ${some.join(", ")}${
      more > 0 ? ` and ${more} more` : ""
    }; wait, or put out who does not come back`,
  );
}
