import { z } from "zod";
import { DURATION_PATTERN } from "./duration.ts";
import { SIZE_PATTERN } from "./size.ts";

/** `"10s"`, `"5m"`, `"1h30m"`. */
export const Duration = z.string().regex(DURATION_PATTERN, {
  error: (issue) =>
    `"${issue.input}" is not a duration: write for example "10s", "5m" or "1h30m"`,
}).meta({
  description: "A duration: 250ms, 10s, 5m, 1h30m, 90d.",
  example: "1h30m",
});

/** `"512K"`, `"256M"`, `"2G"`, 1024-based. */
export const Size = z.string().regex(SIZE_PATTERN, {
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

/** What a job may use. `null` is "no limit of its own". */
export const JobLimits = z.strictObject({
  memory: Size.nullable().default(null),
  cpu: z.number().positive().nullable().default(null).meta({
    description: "CPUs, e.g. 0.5",
  }),
  pids: z.int().positive().nullable().default(null),
  io: z.string().nullable().default(null),
  output: Size.nullable().default(null).meta({
    description:
      "Bytes on disk the output may take; the server's cap when null.",
  }),
});

/** A job as a client asks for it. Everything but `command` has a default. */
export const JobSpec = z.strictObject({
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
  user: z.string().min(1).nullable().default(null).meta({
    description: "A user of the host; the server's own user when null.",
  }),
  name: z.string().min(1).max(128).nullable().default(null),
  labels: z.record(z.string().min(1).max(128), Label).default({}),
  timeout: Duration.nullable().default(null).meta({
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
  limits: JobLimits.prefault({}),
});

/** States of a job; `pending` is the initial one, the last four are final. */
export const JobState = z.enum([
  "pending",
  "running",
  "stopping",
  "succeeded",
  "failed",
  "stopped",
  "lost",
]);

/** Why a job ended. */
export const ExitReason = z.enum([
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
export const JobExit = z.object({
  code: z.int().nullable(),
  signal: z.string().nullable(),
  reason: ExitReason,
  detail: z.string().nullable().meta({
    description: "More, for people; e.g. why it is lost.",
  }),
});

/** A process that outlived the job's main process, and what became of it. */
export const Leftover = z.object({
  pid: z.int(),
  argv: z.array(z.string()),
  heldOutput: z.boolean().meta({
    description: "It kept stdout or stderr of the job open.",
  }),
  end: z.enum(["exited", "terminated", "killed", "survived"]),
});

/** Bytes of each stream since the start, whatever retention has removed since. */
export const StreamBytes = z.object({ stdout: z.int(), stderr: z.int() });

/** SHA-256 of each stream in hex; null while the job runs or when it was not asked for. */
export const StreamDigests = z.object({
  stdout: z.string().nullable(),
  stderr: z.string().nullable(),
});

/** A job as the server shows it. */
export const Job = z.object({
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
  limits: JobLimits,
  owner: z.string(),
  node: z.string(),
  state: JobState,
  pid: z.int().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  exit: JobExit.nullable(),
  output: z.object({ start: z.int(), end: z.int() }).meta({
    description:
      "Logical offsets: the first byte still kept, and one past the last.",
  }),
  bytes: StreamBytes,
  sha256: StreamDigests,
  leftovers: z.array(Leftover),
});

/** Body of `POST …/stop`. */
export const StopRequest = z.strictObject({
  signal: z.string().default("SIGTERM").meta({ example: "SIGTERM" }),
  grace: Duration.default("10s").meta({
    description: "SIGKILL follows after this long.",
  }),
});

/** Body of `POST …/signal`. */
export const SignalRequest = z.strictObject({
  signal: z.string().meta({ example: "SIGHUP" }),
});

export type JobSpec = z.infer<typeof JobSpec>;
/** A {@linkcode JobSpec} before its defaults are filled in: what a client sends. */
export type JobRequest = z.input<typeof JobSpec>;
export type JobLimits = z.infer<typeof JobLimits>;
export type JobState = z.infer<typeof JobState>;
export type ExitReason = z.infer<typeof ExitReason>;
export type JobExit = z.infer<typeof JobExit>;
export type Leftover = z.infer<typeof Leftover>;
export type StreamBytes = z.infer<typeof StreamBytes>;
export type StreamDigests = z.infer<typeof StreamDigests>;
export type Job = z.infer<typeof Job>;
export type StopRequest = z.infer<typeof StopRequest>;
export type SignalRequest = z.infer<typeof SignalRequest>;
