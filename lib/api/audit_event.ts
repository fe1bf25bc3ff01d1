import type { ErrorCode } from "./errors.ts";

/** Everything that is recorded, by name. Names are stable; there may be more of them later. */
export const AUDIT_ACTIONS = [
  "job.start",
  "job.run",
  "job.stop",
  "job.signal",
  "job.pause",
  "job.resume",
  "job.remove",
  "job.input",
  "token.create",
  "token.remove",
  /** A host joined the cluster, or came back with its old key. */
  "member.join",
  "member.renew",
  /** Somebody who may not said that it is there. */
  "member.heartbeat",
  "member.revoke",
  /** A step of the replacement of the cluster's authority. */
  "authority.rotate",
  /** A tunnel was refused: only nodes open them. */
  "tunnel.open",
  /** A stream to a node, opened through a proxy with CONNECT; what goes over it is the node's to record. */
  "node.connect",
  /** A request that was refused and would have changed nothing, or that names no route. */
  "request",
  /** A connection whose client certificate was refused. */
  "connection",
  "certificates.reload",
  "config.reload",
  "daemon.start",
  "daemon.stop",
  "daemon.replace",
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** How something that is recorded went. */
export const AUDIT_RESULTS = [
  "ok",
  /** Whoever asked may not: 401 or 403. */
  "refused",
  /** Whoever asked may, but it did not come about. */
  "failed",
] as const;

export type AuditResult = (typeof AUDIT_RESULTS)[number];

/** Who did it. */
export interface AuditActor {
  /** The common name of the certificate. */
  name: string;
  roles: readonly string[];
  /** What the certificate says its holder is, e.g. `"user"`; null when it does not. */
  kind: string | null;
  /** SHA-256 of the certificate in lower-case hex; null for who needs none. */
  certificate: string | null;
}

/** To what it was done. */
export interface AuditTarget {
  /** The id of a job, as it was asked for. */
  job: string;
  /** Whose job it is; null when there is no such job. */
  owner: string | null;
}

/** What else is worth knowing: a few short values, never arguments, environment or input. */
export type AuditDetail = Readonly<
  Record<string, string | number | boolean | null>
>;

/** One record of the audit log: one line of NDJSON. */
export interface AuditEvent {
  /** When it was over: RFC 3339, UTC, milliseconds. */
  time: string;
  /** A ULID in lower case. */
  id: string;
  /** Null when nobody was identified, and for what the server itself does. */
  actor: AuditActor | null;
  /** `host:port`, or `unix:pid=…,uid=…`; null for what the server itself does. */
  from: string | null;
  action: AuditAction;
  target: AuditTarget | null;
  detail: AuditDetail;
  result: AuditResult;
  /** The HTTP status of the answer; null when there was no request. */
  status: number | null;
  /** Why it was refused or failed; null when it was not. */
  code: ErrorCode | null;
  /** The same in words. */
  message: string | null;
  /** How many such events the record stands for: more than 1 when they were too many to be told one by one. */
  repeated: number;
}

/** An event as it is reported: what is left out is null, or empty. */
export type AuditDraft =
  & Pick<AuditEvent, "action" | "result">
  & Partial<
    Omit<AuditEvent, "time" | "id" | "action" | "result" | "repeated">
  >;

/** Which events somebody wants to see. */
export interface AuditFilter {
  /** Only of this name. */
  actor?: string;
  action?: string;
  result?: AuditResult;
  /** Only from then on, ms since the epoch. */
  since?: number;
}
