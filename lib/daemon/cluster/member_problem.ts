import type { Identity } from "../../../certs/mod.ts";
import type { MemberKind } from "../../api/cluster.ts";
import { WorkerError } from "../../api/errors.ts";

/** What a host is to be in its cluster. */
export interface MemberSelf {
  kind: MemberKind;
  name: string;
}

/** What is wrong with the certificate of a host that was started as something else; null: nothing. */
export function memberProblem(
  { kind, name }: Pick<Identity, "kind" | "name">,
  self: MemberSelf,
): WorkerError | null {
  if (kind === self.kind && name === self.name) return null;
  return new WorkerError(
    "CONFLICT",
    `this host is the ${kind} "${name}" of its cluster, and is started as the ${self.kind} "${self.name}": start it with --name ${name} and the roles that it joined with, or join anew with another --state-dir`,
  );
}

/** What a host is told that is in no cluster and has no token. */
export function notJoined({ kind }: MemberSelf): WorkerError {
  return new WorkerError(
    "UNAUTHENTICATED",
    `this host has not joined a cluster: make a token with \`worker token create --roles ${kind}\` on the host of its authority, and start this one with the line that it prints`,
  );
}
