import type { Identity } from "../../certs/identity.ts";
import { MEMBER_KINDS } from "../api/cluster.ts";
import { WorkerError } from "../api/errors.ts";
import type {
  MemberCertificateRecord,
  MemberId,
  MemberRecord,
} from "./members.ts";

/** The member that a certificate is of. @throws {WorkerError} `PERMISSION_DENIED` for a user's */
export function memberId(
  { kind, name }: Pick<Identity, "kind" | "name">,
): MemberId {
  const member = MEMBER_KINDS.find((each) => each === kind);
  if (member) return { kind: member, name };
  throw denied(
    `the certificate of "${name}" is of a ${
      kind ?? "user"
    }, not of a node, proxy or auth: this is for members only`,
  );
}

/**
 * The member, when it belongs to the cluster.
 *
 * @throws {WorkerError} `PERMISSION_DENIED` for one that is not known, or was revoked
 */
export function knownMember(
  member: MemberRecord | null,
  { kind, name }: MemberId,
): MemberRecord {
  if (member === null) {
    throw denied(
      `the ${kind} "${name}" is not a member of this cluster any more: join again with a token`,
    );
  }
  if (member.revoked) {
    throw denied(
      `the ${kind} "${name}" was revoked at ${
        new Date(member.revoked.at).toISOString()
      }`,
    );
  }
  return member;
}

/**
 * What is known of the certificate that a member showed.
 *
 * @throws {WorkerError} `PERMISSION_DENIED` for one that it was not given
 */
export function shownCertificate(
  { kind, name, certificates }: MemberRecord,
  { fingerprint, serial }: Pick<Identity, "fingerprint" | "serial">,
): MemberCertificateRecord {
  const shown = certificates.find((each) => each.fingerprint === fingerprint);
  if (shown) return shown;
  throw denied(
    `the certificate (serial ${serial}) is not one that the ${kind} "${name}" was given: join again with a token`,
  );
}

function denied(message: string): WorkerError {
  return new WorkerError("PERMISSION_DENIED", message);
}
