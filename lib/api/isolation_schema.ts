/** Schemas of how a job is kept apart; see `job_schema.ts`, which checks them against the types. */
import * as z from "zod";
import { problemOfRlimit, RLIMIT_NAMES } from "./rlimits.ts";

const notALimit = {
  error: (issue: { input?: unknown }) =>
    `"${issue.input}" is not a resource limit: write 0 or more, or "unlimited"`,
};

const RlimitSchema = z.union([
  z.int(notALimit).min(0, notALimit),
  z.literal("unlimited"),
], notALimit);

/** Limits of each process by the names of prlimit(1). */
export const RlimitsSchema = z.record(z.string(), RlimitSchema).superRefine(
  (rlimits, context) => {
    for (const name of Object.keys(rlimits)) {
      const message = problemOfRlimit(name);
      if (message !== null) context.addIssue({ code: "custom", message });
    }
  },
).meta({
  description: `Limits of each process, soft and hard, by the names of ` +
    `prlimit(1): ${RLIMIT_NAMES.join(", ")}.`,
  example: { nofile: 1024, core: "unlimited" },
});

/** How a job is kept apart from the host. */
export const JobIsolationSchema = z.strictObject({
  noNewPrivs: z.boolean().nullable().default(null).meta({
    description:
      "Set-user-ID programs give it nothing; null is true unless it runs as root.",
  }),
  privateTmp: z.boolean().default(false).meta({
    description: "An empty /tmp and /var/tmp of its own, gone with it.",
  }),
  privateNetwork: z.boolean().default(false).meta({
    description: "No network but a loopback interface of its own.",
  }),
  pidNamespace: z.boolean().default(false).meta({
    description: "It sees its own processes only.",
  }),
  readOnly: z.boolean().default(false).meta({
    description: "It can't write to the file systems of the host.",
  }),
});
