import type { Identity } from "../../certs/identity.ts";
import { WorkerError } from "../api/errors.ts";

/** What somebody may be: from the kind of a certificate, and for users from its roles. */
export const ACCESS_ROLES = ["admin", "user", "node", "proxy", "auth"] as const;

/** One of {@linkcode ACCESS_ROLES}. */
export type AccessRole = (typeof ACCESS_ROLES)[number];

const USERS = ["admin", "user"] as const;
const MEMBERS = ["node", "proxy", "auth"] as const;

/**
 * Who may do what, in one place: what is not in it nobody may. `own` jobs are those whose owner
 * asks; what anybody may without a certificate (health, joining, the authorities) is not in it.
 */
export const ACCESS = {
  "own job": { read: USERS, start: USERS, change: USERS, remove: USERS },
  "job": {
    read: ["admin"],
    start: ["admin"],
    change: ["admin"],
    remove: ["admin"],
  },
  "node": { read: [...USERS, "proxy", "auth"], remove: ["admin"] },
  "proxy": { read: [...USERS, ...MEMBERS], remove: ["admin"] },
  "audit log": { read: ["admin"] },
  "metrics": { read: USERS },
  "token": { read: ["admin"], create: ["admin"], remove: ["admin"] },
  "authority": { read: ["admin"], change: ["admin"] },
  /** A certificate of one's own. */
  "own certificate": { renew: MEMBERS },
  /** A node offers itself to a proxy through a tunnel it dials. */
  "tunnel": { open: ["node"], read: ["admin"] },
  /** A member says that it is there. */
  "heartbeat": { create: MEMBERS },
  /** Requests of somebody else, whose certificate goes with them. */
  "forwarded request": { create: ["proxy"] },
} as const satisfies Record<string, Record<string, readonly AccessRole[]>>;

/** What something can be done to. */
export type AccessObject = keyof typeof ACCESS;

/** What can be done to it. */
export type AccessVerb<O extends AccessObject> =
  & keyof (typeof ACCESS)[O]
  & string;

/** As far as it matters here. */
export type Subject = Pick<Identity, "name" | "roles" | "kind">;

/**
 * The role of an identity. A member is what its kind says, whatever roles its certificate names
 * besides: a node is never an administrator.
 */
export function accessRoleOf({ kind, roles }: Subject): AccessRole {
  if (kind !== null && kind !== "user") return kind;
  return roles.includes("admin") ? "admin" : "user";
}

/** Whether somebody may. */
export function mayDo<O extends AccessObject>(
  subject: Subject,
  verb: AccessVerb<O>,
  object: O,
): boolean {
  const verbs: Record<string, readonly AccessRole[]> = ACCESS[object];
  return verbs[verb]!.includes(accessRoleOf(subject));
}

/** @throws {WorkerError} `PERMISSION_DENIED`, saying what it takes. */
export function authorize<O extends AccessObject>(
  subject: Subject,
  verb: AccessVerb<O>,
  object: O,
): void {
  if (mayDo(subject, verb, object)) return;
  const verbs: Record<string, readonly AccessRole[]> = ACCESS[object];
  throw new WorkerError(
    "PERMISSION_DENIED",
    `"${subject.name}" is ${
      withArticle(accessRoleOf(subject))
    } and may not ${verb} ${withArticle(object)}: that takes the role ${
      verbs[verb]!.join(" or ")
    }`,
  );
}

function withArticle(word: string): string {
  return /^own |^metrics/.test(word)
    ? word
    : `${/^[aeio]/.test(word) ? "an" : "a"} ${word}`;
}
