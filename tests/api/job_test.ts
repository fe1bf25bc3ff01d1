import { deepEqual, equal, match } from "node:assert/strict";
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
    startAfter: null,
    rlimits: {},
    isolation: {
      noNewPrivs: null,
      privateTmp: false,
      privateNetwork: false,
      pidNamespace: false,
      readOnly: false,
    },
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
    limits: { memory: "1.5G", cpu: 0.5, pids: 1, io: "10M", output: "64K" },
    startAfter: "2027-01-31T08:00:00.5+01:00",
    rlimits: { nofile: 0, core: "unlimited" },
    isolation: {
      noNewPrivs: false,
      privateTmp: true,
      privateNetwork: true,
      pidNamespace: true,
      readOnly: true,
    },
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
  "no memory at all": { command: "a", limits: { memory: "0.0K" } },
  "no bandwidth at all": { command: "a", limits: { io: "0" } },
  "a bandwidth without a number": { command: "a", limits: { io: "fast" } },
  "no processes at all": { command: "a", limits: { pids: 0 } },
  "a start that is no time": { command: "a", startAfter: "tomorrow" },
  "a start on a day that does not exist": {
    command: "a",
    startAfter: "2027-13-01T00:00:00Z",
  },
  "a start without a time zone": {
    command: "a",
    startAfter: "2027-01-01T00:00:00",
  },
  "a start in a thousand years": { command: "a", startAfter: "365000d" },
  "a negative resource limit": { command: "a", rlimits: { core: -1 } },
  "a resource limit in words": { command: "a", rlimits: { core: "1G" } },
  "an unknown isolation": { command: "a", isolation: { chroot: true } },
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

Deno.test("JobSpecSchema names the value and what is expected when a field is wrong", () => {
  const wrong: [Record<string, unknown>, RegExp][] = [
    [{ limits: { pids: 1.5 } }, /^"1.5" is not a number of processes: write/],
    [{ rlimits: { nofile: -1 } }, /^"-1" is not a resource limit: write 0/],
    [{ rlimits: { nofile: 1e20 } }, /^"100000000000000000000" is not a/],
    [{ rlimits: { foo: 1 } }, /^"foo" is not a resource limit: there are as,/],
    [{ user: "" }, /^must not be empty$/],
    [{ startAfter: "2027-02-30T00:00:00Z" }, /is not a time to start: write/],
  ];
  for (const [fields, message] of wrong) {
    const { error } = JobSpecSchema.safeParse({ command: "a", ...fields });
    match(error!.issues[0]!.message, message);
  }
});

Deno.test("JobSpecSchema names the nearest resource limit when one is unknown", () => {
  const { error } = JobSpecSchema.safeParse({
    command: "a",
    rlimits: { nofiles: 1 },
  });
  match(
    error!.issues[0]!.message,
    /"nofiles" is not a resource limit: did you mean "nofile"\?/,
  );
});
