import * as z from "zod";
import {
  CaAnswerSchema,
  LabelsSchema,
  MemberKindSchema,
  MemberNameSchema,
} from "./cluster_schema.ts";
import type {
  Heartbeat,
  HeartbeatAnswer,
  MemberChange,
  NodeStatus,
  ProxyStatus,
  TunnelRecord,
} from "./presence.ts";

/** `host:port`, where an IPv6 address is in brackets. */
export const AddressSchema = z.string().max(262).regex(
  /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]):[1-9]\d{0,4}$/,
  {
    error: (issue) =>
      `"${issue.input}" is not an address: write "host:port", an IPv6 address in brackets`,
  },
);

const LoadSchema = z.object({
  jobs: z.int().min(0).max(10_000_000),
  load1: z.number().min(0).max(1_000_000),
  cores: z.number().min(0).max(100_000),
});

const DeploymentSchema = z.object({
  group: z.string().max(128),
  generation: z.int().min(0),
});

const PinSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const VersionSchema = z.string().max(64);
const ProxyNamesSchema = z.array(MemberNameSchema).max(256);

/** A {@linkcode Heartbeat}, bounded: what comes from a member is kept, and told to everybody. */
export const HeartbeatSchema = z.object({
  roles: z.array(MemberKindSchema).min(1).max(3).refine(
    (roles) => new Set(roles).size === roles.length,
    { error: "a role is named twice" },
  ),
  version: VersionSchema,
  instance: z.string().min(1).max(64),
  addresses: z.array(AddressSchema).max(16),
  labels: LabelsSchema,
  load: LoadSchema.nullable(),
  proxies: ProxyNamesSchema,
  deployment: DeploymentSchema.nullable(),
  trusts: z.array(PinSchema).max(4),
  revocations: z.string().max(128).nullable(),
  leaving: z.boolean().default(false),
}) satisfies z.ZodType<Heartbeat>;

const HexSchema = z.string().regex(/^(?:[0-9a-f]{2})+$/).max(128);

/** A {@linkcode HeartbeatAnswer}, as a member reads it. */
export const HeartbeatAnswerSchema = z.object({
  intervalMs: z.number().min(100).max(3_600_000),
  ca: CaAnswerSchema.nullable(),
  revocations: z.object({
    digest: z.string().max(128),
    list: z.array(z.object({
      serial: HexSchema.nullable(),
      fingerprint: HexSchema.nullable(),
      name: z.string().nullable(),
      revokedAt: z.string(),
      reason: z.string().nullable(),
    })),
  }).nullable(),
  renew: z.boolean(),
  servers: z.array(AddressSchema),
}) satisfies z.ZodType<HeartbeatAnswer>;

const StatusShape = {
  id: z.string().max(64),
  name: MemberNameSchema,
  state: z.enum(["online", "offline"]),
  lastSeen: z.string().max(32).nullable(),
  roles: z.array(MemberKindSchema).max(3),
  version: VersionSchema,
  addresses: z.array(AddressSchema).max(16),
};

export const NodeStatusSchema = z.object({
  ...StatusShape,
  labels: LabelsSchema,
  load: LoadSchema.nullable(),
  proxies: ProxyNamesSchema,
}) satisfies z.ZodType<NodeStatus>;

export const ProxyStatusSchema = z.object({
  ...StatusShape,
  group: z.string().max(128),
  generation: z.int().min(0),
}) satisfies z.ZodType<ProxyStatus>;

const RemovedSchema = z.object({
  type: z.literal("removed"),
  name: MemberNameSchema,
});

const SyncedSchema = z.object({ type: z.literal("synced") });

/** One line of `GET /v1/nodes?watch=true`. */
export const NodeChangeSchema = z.discriminatedUnion("type", [
  NodeStatusSchema.extend({ type: z.literal("node") }),
  RemovedSchema,
  SyncedSchema,
]) satisfies z.ZodType<MemberChange<NodeStatus>>;

/** One line of `GET /v1/proxies?watch=true`. */
export const ProxyChangeSchema = z.discriminatedUnion("type", [
  ProxyStatusSchema.extend({ type: z.literal("proxy") }),
  RemovedSchema,
  SyncedSchema,
]) satisfies z.ZodType<MemberChange<ProxyStatus>>;

export const TunnelRecordSchema = z.object({
  node: z.string(),
  state: z.enum(["open", "draining", "closed"]),
  remoteAddress: z.string(),
  version: z.string(),
  since: z.string(),
  requests: z.int(),
  backlog: z.number(),
}) satisfies z.ZodType<TunnelRecord>;
