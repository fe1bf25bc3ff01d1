import { rejects } from "node:assert/strict";
import type { JobRequest } from "../../../lib/api/job.ts";
import {
  FEATURES,
  isolate,
  type IsolationFeature,
  probeFeature,
} from "../../../lib/jobs/isolation/mod.ts";
import { parseSpec } from "../../../lib/jobs/spec.ts";
import { findUser, ownUser } from "../../../lib/jobs/users.ts";

/** A job to run, as a shell script. */
export interface IsolatedJob extends Omit<JobRequest, "command" | "args"> {
  script: string;
}

/** The words before the command of a job, and the command. */
export async function isolatedArgv(
  { script, ...request }: IsolatedJob,
): Promise<[string, ...string[]]> {
  const args = ["-c", script];
  const spec = parseSpec({ ...request, command: "/bin/sh", args });
  const own = await ownUser();
  const user = spec.user === null ? own : await findUser(spec.user);
  const file = "/bin/sh";
  const prefix = await isolate({ spec, file, user, own });
  return [...prefix, file, ...args] as unknown as [string, ...string[]];
}

/** Starts a job in a session of its own, as the launcher does, with an environment of its own. */
export async function startIsolated(
  job: IsolatedJob,
): Promise<Deno.ChildProcess> {
  const [file, ...args] = await isolatedArgv(job);
  return new Deno.Command(file, {
    args,
    env: { PATH: "/usr/bin:/bin", ...job.env },
    clearEnv: true,
    cwd: job.cwd ?? "/",
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a job to its end. */
export async function runIsolated(job: IsolatedJob) {
  const child = await startIsolated(job);
  const { code, signal, stdout, stderr } = await child.output();
  const [out, err] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  return { code, signal, stdout: out!, stderr: err! };
}

const REQUESTS: Record<IsolationFeature, Partial<JobRequest>> = {
  user: { user: "nobody" },
  rlimits: { rlimits: { core: 0 } },
  noNewPrivs: { isolation: { noNewPrivs: true } },
  privateTmp: { isolation: { privateTmp: true } },
  privateNetwork: { isolation: { privateNetwork: true } },
  pidNamespace: { isolation: { pidNamespace: true } },
  readOnly: { isolation: { readOnly: true } },
};

/**
 * A test of features of the host. Where the host has not got one of them the test is, and its name
 * says, that a job that asks for it is refused.
 */
export async function featureTest(
  features: readonly IsolationFeature[],
  name: string,
  test: () => Promise<void>,
): Promise<void> {
  for (const feature of features) {
    const report = await probeFeature(feature);
    if (report.ok) continue;
    return Deno.test(
      `isolate() refuses to ${
        FEATURES[feature]
      }: ${report.missing} (instead of: ${name})`,
      async () => {
        await rejects(isolatedArgv({ script: ":", ...REQUESTS[feature] }), {
          code: "UNSUPPORTED",
        });
      },
    );
  }
  Deno.test(name, test);
}
