import { deepEqual, equal } from "node:assert/strict";
import type { JobRequest } from "../../lib/api/job.ts";
import { JobSpecSchema, StopRequestSchema } from "../../lib/api/job_schema.ts";

Deno.test("JobSpecSchema fills in the documented defaults when only a command is given", () => {
  deepEqual(JobSpecSchema.parse({ command: "true" }), {
    command: "true",
    args: [],
    env: {},
    cwd: "/",
    user: null,
    name: null,
    labels: {},
    timeout: null,
    stdin: false,
    checksum: true,
    overflow: "drop",
    limits: { memory: null, cpu: null, pids: null, io: null, output: null },
  });
});

Deno.test("JobSpecSchema keeps what is given when every field is", () => {
  const request: JobRequest = {
    command: "/usr/bin/env",
    args: ["", "a b", "ü"],
    env: { LANG: "C", EMPTY: "" },
    cwd: "/tmp",
    user: "nobody",
    name: "n".repeat(128),
    labels: { env: "v".repeat(256) },
    timeout: "1h30m",
    stdin: true,
    checksum: false,
    overflow: "wait",
    limits: { memory: "1.5G", cpu: 0.5, pids: 1, io: null, output: "64K" },
  };
  deepEqual(JobSpecSchema.parse(request), request);
});

const REFUSED: Record<string, unknown> = {
  "no command": {},
  "an empty command": { command: "" },
  "a NUL byte in an argument": { command: "a", args: ["a\0"] },
  "a variable name with =": { command: "a", env: { "A=B": "" } },
  "a relative directory": { command: "a", cwd: "tmp" },
  "an empty user": { command: "a", user: "" },
  "a name of 129 characters": { command: "a", name: "n".repeat(129) },
  "a label of 257 characters": {
    command: "a",
    labels: { a: "v".repeat(257) },
  },
  "a negative timeout": { command: "a", timeout: "-1s" },
  "a timeout without a unit": { command: "a", timeout: "10" },
  "no CPU at all": { command: "a", limits: { cpu: 0 } },
  "half a process": { command: "a", limits: { pids: 1.5 } },
  "a size with another unit": { command: "a", limits: { memory: "1X" } },
  "an unknown field": { command: "a", shell: true },
  "an unknown limit": { command: "a", limits: { disk: "1G" } },
};

for (const [what, request] of Object.entries(REFUSED)) {
  Deno.test(`JobSpecSchema refuses ${what}`, () => {
    equal(JobSpecSchema.safeParse(request).success, false);
  });
}

Deno.test("StopRequestSchema means SIGTERM and ten seconds when it is empty", () => {
  deepEqual(StopRequestSchema.parse({}), { signal: "SIGTERM", grace: "10s" });
});
