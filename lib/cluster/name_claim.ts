import { isIP } from "node:net";
import { WorkerError } from "../api/errors.ts";
import type { MemberRecord } from "./members.ts";
import { hostsAllowed } from "./token_rights.ts";

/** As {@linkcode MemberRecord.id} is: a ULID. */
const ID = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/i;

/** Who wants to be called what. */
export interface NameClaim {
  name: string;
  /** Pin of its key. */
  key: string;
  /** Host patterns that its token allows. */
  hosts: readonly string[];
}

/** By what a claim is judged. */
export interface ClaimJudgement {
  members: readonly MemberRecord[];
  /** ms since the epoch. */
  now: number;
  /** How long after the end of its last certificate a member may come back, ms. */
  grace: number;
}

/**
 * Refuses a name that a host may not have. A member's certificate is good for its name as a host
 * name, so that who connects to `web-1` knows that no other one answers: the name must not be that of
 * another host, whatever it is in the cluster and in whichever case it is written, nor a host name
 * that another one is certified for, nor an address or `localhost`, which are names of anybody, nor one
 * that reads like an id, by which members are found as well.
 *
 * @throws {WorkerError} `CONFLICT`, `PERMISSION_DENIED`
 */
export function refuseClaim(claim: NameClaim, by: ClaimJudgement): void {
  const name = claim.name.toLowerCase();
  refuseAnybodys(claim);
  refuseId(claim);
  for (const member of by.members) {
    if (member.name.toLowerCase() === name) refuseTaken(member, claim, by);
    else if (member.key !== claim.key) refuseHost(member, claim, by);
  }
}

/** A name belongs to the key that joined with it, until that one can't come back any more. */
export function refuseTaken(
  member: MemberRecord,
  { key }: Pick<NameClaim, "key">,
  by: Pick<ClaimJudgement, "now" | "grace">,
): void {
  const { kind, name, revoked } = member;
  if (member.key === key) {
    if (!revoked) return;
    throw new WorkerError(
      "PERMISSION_DENIED",
      `the key is that of the ${kind} "${name}", which was revoked: make a new key to join with a token`,
    );
  }
  if (!mayComeBack(member, by)) return;
  throw new WorkerError(
    "CONFLICT",
    `another host is the ${kind} "${name}" already, with another key: choose another name${
      kind === "auth"
        ? ""
        : `, or put that one out first with \`worker ${
          kind === "proxy" ? "proxies" : "nodes"
        } rm ${name}\``
    }`,
  );
}

function refuseHost(
  member: MemberRecord,
  { name }: NameClaim,
  by: ClaimJudgement,
): void {
  const taken = member.allowed.hosts.some((host) =>
    host.toLowerCase() === name.toLowerCase()
  );
  if (!taken || !mayComeBack(member, by)) return;
  throw new WorkerError(
    "CONFLICT",
    `"${name}" is a host name of the ${member.kind} "${member.name}": choose another name`,
  );
}

function refuseAnybodys({ name, hosts }: NameClaim): void {
  const lower = name.toLowerCase();
  if (isIP(lower) === 0 && lower !== "localhost") return;
  const rights = { roles: [], labels: [], hosts: [...hosts] };
  const type = isIP(lower) === 0 ? "DNS" : "IP";
  if (hostsAllowed(rights, [{ type, value: lower }]).length > 0) return;
  throw new WorkerError(
    "PERMISSION_DENIED",
    `this token does not allow a member to be called "${name}", which others may be reached by: choose another name`,
  );
}

/** A call for an id is meant for the member that has it. */
function refuseId({ name }: NameClaim): void {
  if (!ID.test(name)) return;
  throw new WorkerError(
    "PERMISSION_DENIED",
    `"${name}" reads like the id of a member: choose another name`,
  );
}

function mayComeBack(
  { revoked, certificates }: MemberRecord,
  { now, grace }: Pick<ClaimJudgement, "now" | "grace">,
): boolean {
  const end = Math.max(0, ...certificates.map(({ notAfter }) => notAfter));
  return !revoked && now <= end + grace;
}
