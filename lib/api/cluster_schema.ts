import * as z from "zod";
import {
  type CaAnswer,
  type CreatedToken,
  type JoinAnswer,
  JOINING_KINDS,
  type JoinRequest,
  type Labels,
  MEMBER_KINDS,
  type RenewRequest,
  type Token,
  type TokenRequest,
} from "./cluster.ts";
import { DurationSchema } from "./job_schema.ts";
import {
  LABEL_KEY_PATTERN,
  LABEL_VALUE_PATTERN,
  labelKeyProblem,
  labelValueProblem,
  MAX_LABELS,
  MEMBER_NAME_PATTERN,
  memberNameProblem,
} from "./member_name.ts";

/** A member's name: it becomes a host name, a part of a URI and a column of a table. */
export const MemberNameSchema = z.string().regex(MEMBER_NAME_PATTERN, {
  error: ({ input }) => memberNameProblem(String(input)) ?? undefined,
});

const LabelKey = z.string().regex(LABEL_KEY_PATTERN, {
  error: ({ input }) => labelKeyProblem(String(input)) ?? undefined,
});

const LabelValue = z.string().regex(LABEL_VALUE_PATTERN, {
  error: ({ input }) => labelValueProblem(String(input)) ?? undefined,
});

export const LabelsSchema = z.record(LabelKey, LabelValue).refine(
  (labels) => Object.keys(labels).length <= MAX_LABELS,
  { error: `more than ${MAX_LABELS} labels` },
) satisfies z.ZodType<Labels>;

export const MemberKindSchema = z.enum(MEMBER_KINDS);

const Roles = z.array(MemberKindSchema).min(1, {
  error: "name at least one role: node, proxy or auth",
}).transform((roles) => [...new Set(roles)]);

const JoiningRoles = z.array(
  z.enum(JOINING_KINDS, {
    error: ({ input }) =>
      `"${input}" is not a role to join with: write node or proxy`,
  }),
).min(1, { error: "name at least one role: node or proxy" })
  .transform((roles) => [...new Set(roles)]);

const LabelPattern = z.string().regex(
  /^(?:\*|[A-Za-z0-9][A-Za-z0-9._/-]{0,62}=(?:\*|[\w.:@/+-]{0,128}))$/,
  {
    error: (issue) =>
      `"${issue.input}" is not a label that can be allowed: write for example "env=prod", "env=*" or "*"`,
  },
);

const HostPattern = z.string().regex(
  /^(?:(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:.]+)$/,
  {
    error: (issue) =>
      `"${issue.input}" is not a host that can be allowed: write for example "c.example", "*.example" or "10.0.0.1"`,
  },
);

/** A {@linkcode TokenRequest} with what is left out filled in. */
export const TokenRequestSchema = z.strictObject({
  roles: JoiningRoles,
  labels: z.array(LabelPattern).max(MAX_LABELS).default(["*"]),
  hosts: z.array(HostPattern).max(64).default([]),
  ttl: DurationSchema.default("30m"),
  uses: z.int().min(1, { error: "it has to be usable once at least" })
    .max(10_000, { error: "10000 uses are the most" }).default(1),
}) satisfies z.ZodType<TokenRequest>;

export const TokenSchema = z.object({
  id: z.string(),
  roles: z.array(MemberKindSchema),
  labels: z.array(z.string()),
  hosts: z.array(z.string()),
  uses: z.int(),
  createdBy: z.string(),
  createdAt: z.string(),
  expiresAt: z.string(),
  state: z.enum(["usable", "used", "expired"]),
  usedBy: z.array(z.object({ name: z.string(), at: z.string() })),
}) satisfies z.ZodType<Token>;

export const CreatedTokenSchema = TokenSchema.extend({
  token: z.string(),
  caPins: z.array(z.string()),
}) satisfies z.ZodType<CreatedToken>;

const Pem = z.string().max(32_768, { error: "it is too long" });

/** A {@linkcode JoinRequest} with what is left out filled in. */
export const JoinRequestSchema = z.strictObject({
  token: z.string().max(256).nullable().default(null),
  certificate: Pem.nullable().default(null),
  name: MemberNameSchema,
  roles: Roles.nullable().default(null),
  labels: LabelsSchema.default({}),
  csr: Pem,
}).refine(
  ({ token, certificate }) => (token === null) !== (certificate === null),
  { error: "give a token, or the certificate you had: one of the two" },
) satisfies z.ZodType<JoinRequest>;

export const RenewRequestSchema = z.strictObject({
  csr: Pem,
  labels: LabelsSchema.nullable().default(null),
}) satisfies z.ZodType<RenewRequest>;

export const CaAnswerSchema = z.object({
  cluster: z.string(),
  ca: z.string(),
  caPins: z.array(z.string()),
}) satisfies z.ZodType<CaAnswer>;

export const JoinAnswerSchema = CaAnswerSchema.extend({
  certificates: z.array(z.object({
    kind: MemberKindSchema,
    certificate: z.string(),
    notAfter: z.string(),
    renewAt: z.string(),
    hosts: z.array(z.string()),
  })),
}) satisfies z.ZodType<JoinAnswer>;
