import type { Job } from "../api/job.ts";
import { JOB_STATES } from "../api/job_states.ts";
import type { JobRecord, RecordedProcess } from "./job_record.ts";

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const count: Check = (value) =>
  Number.isSafeInteger(value) && value as number >= 0;
const measure: Check = (value) => Number.isFinite(value);
/** Signals go to it: 0 and what is negative would be whole groups. */
const pid: Check = (value) => count(value) && value as number > 1;
const time: Check = (value) =>
  typeof value === "string" && !Number.isNaN(Date.parse(value));

const stop: Check = (value) => value === "stopped" || value === "timeout";

const orNull = (check: Check): Check => (value) =>
  value === null || check(value);
const listOf = (check: Check): Check => (value) =>
  Array.isArray(value) && value.every(check);
const mapOf = (check: Check): Check => (value) =>
  isObject(value) && Object.values(value).every(check);
const shape = (checks: Record<string, Check>): Check => (value) =>
  isObject(value) && wrongField(value, checks) === null;

const streams = (check: Check) => shape({ stdout: check, stderr: check });

/** Only what a job host relies on, without the schemas of the API, which take as much memory again. */
const JOB: Record<keyof Job, Check> = {
  id: text,
  owner: text,
  node: text,
  command: text,
  args: listOf(text),
  env: mapOf(text),
  cwd: text,
  user: orNull(text),
  name: orNull(text),
  labels: mapOf(text),
  timeout: orNull(text),
  stdin: flag,
  checksum: flag,
  overflow: (value) => value === "drop" || value === "wait",
  limits: isObject,
  startAfter: orNull(time),
  rlimits: mapOf((value) => value === "unlimited" || count(value)),
  isolation: isObject,
  state: (value) => (JOB_STATES as readonly unknown[]).includes(value),
  pid: orNull(count),
  createdAt: time,
  startedAt: orNull(time),
  endedAt: orNull(time),
  exit: orNull(shape({
    code: orNull(count),
    signal: orNull(text),
    reason: text,
    detail: orNull(text),
  })),
  output: shape({ start: count, end: count }),
  bytes: streams(count),
  sha256: streams(orNull(text)),
  leftovers: listOf(shape({ pid: count, argv: listOf(text), end: text })),
  paused: flag,
  usage: orNull(shape({ cpuSeconds: measure })),
};

const PROCESS:
  & Record<"pid" | "startTime" | "bootId", Check>
  & Record<
    Exclude<keyof RecordedProcess, "pid" | "startTime" | "bootId">,
    Check
  > = {
    pid,
    startTime: orNull(count),
    bootId: text,
    pipes: optional(streams(text)),
    end: optional(shape({ code: orNull(count), signal: orNull(text) })),
  };

/**
 * What is wrong with a value that was read as a job's record, e.g. `"job.state" is not what it should
 * be`; null when it is a {@linkcode JobRecord}. A file that somebody edited, or that a disk has
 * garbled, must not reach the others' jobs.
 */
export function problemOfRecord(value: unknown): string | null {
  if (!isObject(value)) return "it is no record";
  const { version, job, process, queued, startKey, stopReason } =
    value as Partial<JobRecord>;
  if (version !== 1) return `its version is "${version}", not 1`;
  if (!isObject(job)) return "it has no job";
  const wrong = wrongField(job, JOB);
  if (wrong !== null) return `its "job.${wrong}" is missing or wrong`;
  if (!optional(flag)(queued)) return 'its "queued" is wrong';
  if (!optional(text)(startKey)) return 'its "startKey" is wrong';
  if (!optional(stop)(stopReason)) return 'its "stopReason" is wrong';
  if (process === null) return null;
  if (!isObject(process)) return "it has no process";
  const inProcess = wrongField(process, PROCESS);
  return inProcess && `its "process.${inProcess}" is missing or wrong`;
}

function wrongField(
  value: object,
  checks: Record<string, Check>,
): string | null {
  const fields = new Map(Object.entries(value));
  for (const [name, check] of Object.entries(checks)) {
    if (!check(fields.get(name))) return name;
  }
  return null;
}

function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
