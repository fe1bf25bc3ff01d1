import * as z from "zod";
import { MemberKindSchema } from "./cluster_schema.ts";
import {
  ROTATION_PHASES,
  type RotationRequest,
  type RotationStatus,
} from "./rotation.ts";

const AuthorityStatusSchema = z.object({
  pin: z.string(),
  notAfter: z.string(),
});

export const RotationStatusSchema = z.object({
  phase: z.enum(ROTATION_PHASES),
  issuer: AuthorityStatusSchema,
  next: AuthorityStatusSchema.nullable(),
  old: AuthorityStatusSchema.nullable(),
  notMoved: z.array(z.object({
    kind: MemberKindSchema,
    name: z.string(),
    renewedAt: z.string(),
    why: z.enum(["trust", "certificate"]),
  })),
}) satisfies z.ZodType<RotationStatus>;

/** A {@linkcode RotationRequest} with what is left out filled in. */
export const RotationRequestSchema = z.strictObject({
  phase: z.enum(ROTATION_PHASES),
  force: z.boolean().default(false),
}) satisfies z.ZodType<RotationRequest>;
