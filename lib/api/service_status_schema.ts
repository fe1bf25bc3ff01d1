import * as z from "zod";
import type { ServiceStatus } from "./service_status.ts";

/** A {@linkcode ServiceStatus} in an answer. */
export const ServiceStatusSchema = z.object({
  name: z.string(),
  critical: z.boolean(),
  state: z.enum([
    "registered",
    "running",
    "restarting",
    "stopping",
    "stopped",
    "done",
    "failed",
  ]),
  since: z.string(),
  restarts: z.int(),
  error: z.string().nullable(),
}) satisfies z.ZodType<ServiceStatus>;
