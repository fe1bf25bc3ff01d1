import { isIP } from "node:net";
import type { AlternativeName } from "../../certs/mod.ts";
import type { Labels, MemberKind } from "../api/cluster.ts";
import { WorkerError } from "../api/errors.ts";
import type { TokenRecord } from "./join_tokens.ts";

type Rights = Pick<TokenRecord, "roles" | "labels" | "hosts">;

/**
 * The roles that somebody wants of what a token allows.
 *
 * @param wanted Null: all of them.
 * @throws {WorkerError} `PERMISSION_DENIED` for one that it does not allow.
 */
export function rolesAllowed(
  { roles }: Rights,
  wanted: readonly MemberKind[] | null,
): MemberKind[] {
  const more = wanted?.find((role) => !roles.includes(role));
  if (more === undefined) return [...wanted ?? roles];
  throw new WorkerError(
    "PERMISSION_DENIED",
    `this token is for the roles ${
      roles.join(", ")
    }, not for "${more}": make one with \`worker token create --roles ${more}\``,
  );
}

/** @throws {WorkerError} `PERMISSION_DENIED` for a label that the token does not allow. */
export function checkLabels({ labels: allowed }: Rights, labels: Labels): void {
  for (const [key, value] of Object.entries(labels)) {
    const fits = allowed.some((pattern) =>
      pattern === "*" || pattern === `${key}=*` ||
      pattern === `${key}=${value}`
    );
    if (fits) continue;
    throw new WorkerError(
      "PERMISSION_DENIED",
      `this token does not allow the label "${key}=${value}", it allows ${
        allowed.length === 0 ? "none" : allowed.join(", ")
      }: make one with \`worker token create --label ${key}=${value}\``,
    );
  }
}

/** Of the names that a request asks for, those of hosts that the token allows. */
export function hostsAllowed(
  { hosts: allowed }: Rights,
  asked: readonly AlternativeName[],
): string[] {
  const hosts = asked.flatMap(({ type, value }) =>
    type === "DNS" || type === "IP" ? [value.toLowerCase()] : []
  );
  return [...new Set(hosts)].filter((host) =>
    allowed.some((pattern) => fits(pattern.toLowerCase(), host))
  );
}

/** `*.example` stands for one more label, as in certificates. */
function fits(pattern: string, host: string): boolean {
  if (!pattern.startsWith("*.")) return pattern === host;
  const dot = host.indexOf(".");
  return isIP(host) === 0 && dot > 0 && !host.startsWith("*") &&
    host.slice(dot) === pattern.slice(1);
}
