import type { MemberKind } from "../../api/cluster.ts";
import type { Role } from "../../config/serve_config.ts";

/** A proxy is dialled by every node and asks nodes for others, so that each has to know it as one. */
const ORDER: readonly Role[] = ["proxy", "auth", "node"];

/** What the one certificate of a host says that it is, of all its roles. */
export function primaryKind(roles: readonly Role[]): MemberKind {
  const kind = ORDER.find((role) => roles.includes(role));
  if (kind === undefined) throw new Error("a host has one role at least");
  return kind;
}
