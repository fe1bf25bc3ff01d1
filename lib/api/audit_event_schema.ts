import { z } from "zod";
import {
  AUDIT_ACTIONS,
  AUDIT_RESULTS,
  type AuditEvent,
} from "./audit_event.ts";
import { ERROR_STATUS, type ErrorCode } from "./errors.ts";

/** {@linkcode AuditEvent} on the wire and on disk. */
export const AuditEventSchema: z.ZodType<AuditEvent> = z.strictObject({
  time: z.iso.datetime({ precision: 3 }).meta({
    description: "When it was over: RFC 3339, UTC, milliseconds.",
  }),
  id: z.ulid().meta({ description: "A ULID in lower case." }),
  actor: z.strictObject({
    name: z.string(),
    roles: z.array(z.string()),
    kind: z.string().nullable(),
    certificate: z.string().nullable().meta({
      description: "SHA-256 of the certificate in lower-case hex.",
    }),
  }).nullable().meta({
    description: "Who; null when nobody was identified.",
  }),
  from: z.string().nullable().meta({
    description: "`host:port`, or `unix:pid=…,uid=…`.",
  }),
  action: z.enum(AUDIT_ACTIONS),
  target: z.strictObject({
    job: z.string(),
    owner: z.string().nullable(),
  }).nullable(),
  detail: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null()]),
  ),
  result: z.enum(AUDIT_RESULTS),
  status: z.int().nullable(),
  code: z.enum(Object.keys(ERROR_STATUS) as [ErrorCode, ...ErrorCode[]])
    .nullable(),
  message: z.string().nullable(),
  repeated: z.int().min(1).meta({
    description: "How many such events the record stands for.",
  }),
});
