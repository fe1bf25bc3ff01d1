/**
 * The schemas that validate requests and describe the API. Each says what the type of its name in
 * `job.ts` says; the last lines here do not compile when one of them says something else.
 */
import { JOB_STATES } from "./job_states.ts";
import * as z from "zod";
import { DURATION_PATTERN } from "./duration.ts";
import type {
  Job,
  JobRequest,
  JobSpec,
  SignalRequest,
  StopRequest,
} from "./job.ts";
import { JobIsolationSchema, RlimitsSchema } from "./isolation_schema.ts";
import { parseSize, SIZE_PATTERN } from "./size.ts";
import { problemOfStartAfter } from "./start_after.ts";

/** `"10s"`, `"5m"`, `"1h30m"`. */
export const DurationSchema = z.string().regex(DURATION_PATTERN, {
  error: (issue) =>
    `"${issue.input}" is not a duration: write for example "10s", "5m" or "1h30m"`,
}).meta({
  description: "A duration: 250ms, 10s, 5m, 1h30m, 90d.",
  example: "1h30m",
});

/** `"512K"`, `"256M"`, `"2G"`, 1024-based. */
export const SizeSchema = z.string().regex(SIZE_PATTERN, {
  error: (issue) =>
    `"${issue.input}" is not a size: write for example "512K", "256M" or "2G"`,
}).meta({
  description: "A size in bytes, 1024-based: 4096, 512K, 256M, 2G.",
  example: "256M",
});

/** Neither an argument nor an environment variable can carry a NUL byte through `execve(2)`. */
const ExecText = z.string().refine((text) => !text.includes("\0"), {
  error: "must not contain a NUL byte",
});

const EnvironmentName = z.string().regex(/^[^=\0]+$/, {
  error: (issue) =>
    `"${issue.input}" is not the name of an environment variable`,
});

const Label = z.string().max(256);

/** A size that leaves room for something. */
const SomeSize = SizeSchema.refine(
  (text) => !SIZE_PATTERN.test(text) || parseSize(text) > 0,
  { error: (issue) => `"${issue.input}" is nothing: write for example "256M"` },
);

/** What a job may use. `null` is "no limit of its own". */
export const JobLimitsSchema = z.strictObject({
  memory: SomeSize.nullable().default(null).meta({
    description: "Memory of all its processes together.",
  }),
  cpu: z.number().positive({
    error: (issue) =>
      `"${issue.input}" is no CPU at all: write for example 0.5`,
  }).nullable().default(null).meta({ description: "CPUs, e.g. 0.5" }),
  pids: z.int({
    error: (issue) =>
      `"${issue.input}" is not a number of processes: write 1 or more`,
  }).min(1, {
    error: (issue) => `"${issue.input}" processes are too few: write 1 or more`,
  }).nullable().default(null).meta({
    description: "Processes and threads at the same time.",
  }),
  io: SomeSize.nullable().default(null).meta({
    description:
      "Bytes a second it may read, and as many to write, of each disk.",
    example: "10M",
  }),
  output: SizeSchema.nullable().default(null).meta({
    description:
      "Bytes on disk the output may take; the server's cap when null.",
  }),
});

const StartAfterSchema = z.string().superRefine((text, context) => {
  const message = problemOfStartAfter(text);
  if (message !== null) context.addIssue({ code: "custom", message });
});

/** A job as a client asks for it. Everything but `command` has a default. */
export const JobSpecSchema = z.strictObject({
  command: ExecText.min(1, "must not be empty").meta({
    description:
      "A program: a path, or a name that is looked up on the job's PATH. No shell.",
    example: "ping",
  }),
  args: z.array(ExecText).default([]).meta({
    example: ["-c", "3", "127.0.0.1"],
  }),
  env: z.record(EnvironmentName, ExecText).default({}).meta({
    description:
      "Added to the environment that the server builds; nothing is inherited.",
  }),
  cwd: ExecText.startsWith("/", "must be an absolute path").default("/"),
  user: z.string().min(1, "must not be empty").nullable().default(null).meta({
    description: "A user of the host; the server's own user when null.",
  }),
  name: z.string().min(1, "must not be empty").max(128).nullable().default(
    null,
  ),
  labels: z.record(z.string().min(1).max(128), Label).default({}),
  timeout: DurationSchema.nullable().default(null).meta({
    description:
      "The job is stopped, with reason `timeout`, when it runs longer.",
  }),
  stdin: z.boolean().default(false).meta({
    description:
      "Keep standard input open for `POST …/input`; it is empty otherwise.",
  }),
  checksum: z.boolean().default(true).meta({
    description:
      "Compute SHA-256 of each stream. Costs CPU on jobs that print without pause.",
  }),
  overflow: z.enum(["drop", "wait"]).default("drop").meta({
    description:
      "At the cap: `drop` the middle of the output, or let the job `wait` for a " +
      "follower that has not read it yet (as a pipe does; without a follower it drops).",
  }),
  limits: JobLimitsSchema.prefault({}),
  startAfter: StartAfterSchema.nullable().default(null).meta({
    description:
      "Start it then: a duration from now such as 10s, or an RFC 3339 time. " +
      "Always the time in a job.",
    example: "10s",
  }),
  rlimits: RlimitsSchema.default({}),
  isolation: JobIsolationSchema.prefault({}),
});

/** States of a job; `pending` is the initial one, the last four are final. */
export const JobStateSchema = z.enum(JOB_STATES);

/** Why a job ended. */
export const ExitReasonSchema = z.enum([
  "exited",
  "signaled",
  "stopped",
  "timeout",
  "out_of_memory",
  "output_limit",
  "start_failed",
  "host_rebooted",
  "lost",
]);

/** The evidence of a job's end. `code` and `signal` are what `wait(2)` said, one of them null. */
export const JobExitSchema = z.object({
  code: z.int().nullable(),
  signal: z.string().nullable(),
  reason: ExitReasonSchema,
  detail: z.string().nullable().meta({
    description: "More, for people; e.g. why it is lost.",
  }),
});

/** A process that outlived the job's main process, and what became of it. */
export const LeftoverSchema = z.object({
  pid: z.int(),
  argv: z.array(z.string()),
  heldOutput: z.boolean().meta({
    description: "It kept stdout or stderr of the job open.",
  }),
  end: z.enum(["exited", "terminated", "killed", "survived"]),
});

/** Bytes of each stream since the start, whatever retention has removed since. */
export const StreamBytesSchema = z.object({ stdout: z.int(), stderr: z.int() });

/** SHA-256 of each stream in hex; null while the job runs or when it was not asked for. */
export const StreamDigestsSchema = z.object({
  stdout: z.string().nullable(),
  stderr: z.string().nullable(),
});

/** What a job has used; null is unknown. */
export const JobUsageSchema = z.object({
  cpuSeconds: z.number(),
  memoryBytes: z.int().nullable(),
  memoryPeakBytes: z.int().nullable(),
  pids: z.int().nullable(),
  readBytes: z.int().nullable(),
  writtenBytes: z.int().nullable(),
});

/** A job as the server shows it. */
export const JobSchema = z.object({
  id: z.string().meta({ description: "A ULID in lower case." }),
  command: z.string(),
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
  cwd: z.string(),
  user: z.string().nullable(),
  name: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  timeout: z.string().nullable(),
  stdin: z.boolean(),
  checksum: z.boolean(),
  overflow: z.enum(["drop", "wait"]),
  limits: JobLimitsSchema,
  startAfter: z.string().nullable(),
  rlimits: RlimitsSchema,
  isolation: JobIsolationSchema,
  owner: z.string(),
  node: z.string(),
  state: JobStateSchema,
  pid: z.int().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  exit: JobExitSchema.nullable(),
  output: z.object({ start: z.int(), end: z.int() }).meta({
    description:
      "Logical offsets: the first byte still kept, and one past the last.",
  }),
  bytes: StreamBytesSchema,
  sha256: StreamDigestsSchema,
  leftovers: z.array(LeftoverSchema),
  paused: z.boolean(),
  usage: JobUsageSchema.nullable(),
});

/** Body of `POST …/stop`. */
export const StopRequestSchema = z.strictObject({
  signal: z.string().default("SIGTERM").meta({ example: "SIGTERM" }),
  grace: DurationSchema.default("10s").meta({
    description: "SIGKILL follows after this long.",
  }),
});

/** Body of `POST …/signal`. */
export const SignalRequestSchema = z.strictObject({
  signal: z.string().meta({ example: "SIGHUP" }),
});

/** True when neither type has a field, or a value of a field, that the other has not. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

true satisfies Same<z.input<typeof JobSpecSchema>, JobRequest>;
true satisfies Same<z.output<typeof JobSpecSchema>, JobSpec>;
true satisfies Same<z.output<typeof JobSchema>, Job>;
true satisfies Same<z.output<typeof StopRequestSchema>, StopRequest>;
true satisfies Same<z.output<typeof SignalRequestSchema>, SignalRequest>;
