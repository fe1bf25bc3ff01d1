import { WorkerError } from "../../api/errors.ts";
import type { JobSpec } from "../../api/job.ts";
import type { HostUser } from "../users.ts";
import { checkRlimits } from "./check_rlimits.ts";
import { FEATURES, type IsolationFeature } from "./feature.ts";
import {
  type IsolationPlan,
  isolationPrefix,
  needsNamespaces,
  TMP_FOLDERS,
} from "./prefix.ts";
import { chooseTools, probeFeature } from "./probe.ts";
import { unsafeVariable } from "./unsafe_environment.ts";

/** What {@linkcode isolate} needs to know. */
export interface IsolateOptions {
  spec: JobSpec;
  /** The program, as an absolute path. */
  file: string;
  /** Who it runs as. */
  user: HostUser;
  /** Who this process is. */
  own: HostUser;
}

/**
 * The words that go before the program so that it runs as the job asks: another user, limits,
 * namespaces. The first is an absolute path; `[]` when the job asks for nothing.
 *
 * @throws {WorkerError} `UNSUPPORTED` for what this host can't do, saying what is missing;
 *   `INVALID_ARGUMENT` and `COMMAND_NOT_FOUND` for what would not work with the rest.
 */
export async function isolate(options: IsolateOptions): Promise<string[]> {
  const { spec, user, own } = options;
  const plan: IsolationPlan = {
    ...spec.isolation,
    noNewPrivs: spec.isolation.noNewPrivs ?? user.uid !== 0,
    user: user.uid === own.uid ? null : user,
    rlimits: spec.rlimits,
    userNamespace: own.uid !== 0,
    asRoot: user.uid === 0,
    cwd: spec.cwd,
    variables: Object.keys(spec.env),
    tools: { loopback: "ip", wait: "unshare" },
  };
  for (const feature of featuresOf(plan)) await requireFeature(feature, spec);
  refuseUnsafeEnvironment(plan, spec);
  if (plan.privateTmp) refuseHidden(options);
  checkRlimits(plan.rlimits);
  return isolationPrefix({ ...plan, tools: await chooseTools(plan) });
}

function featuresOf(plan: IsolationPlan): IsolationFeature[] {
  const names = Object.keys(FEATURES) as IsolationFeature[];
  return names.filter((name) =>
    name === "rlimits"
      ? Object.keys(plan.rlimits).length > 0
      : name === "user"
      ? plan.user !== null
      : plan[name]
  );
}

async function requireFeature(
  feature: IsolationFeature,
  spec: JobSpec,
): Promise<void> {
  const report = await probeFeature(feature);
  if (report.ok) return;
  const action = feature === "user"
    ? `run as user "${spec.user}"`
    : FEATURES[feature];
  throw new WorkerError(
    "UNSUPPORTED",
    `cannot ${action}: ${report.missing}; ${report.advice}`,
  );
}

/** The tools before the job see its environment, and have rights that the job is not to have. */
function refuseUnsafeEnvironment(plan: IsolationPlan, { env }: JobSpec): void {
  if (plan.user === null && !needsNamespaces(plan)) return;
  const name = unsafeVariable(env);
  if (name === null) return;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `env: "${name}" would also work on the tools that start an isolated job, or one of another ` +
      `user: leave it out, and run \`env ${name}=… COMMAND\``,
  );
}

/** What is below a folder that becomes empty can't be started, nor started in. */
function refuseHidden({ spec, file }: IsolateOptions): void {
  const cwd = Deno.realPathSync(spec.cwd);
  if (!TMP_FOLDERS.includes(cwd) && isInTmp(cwd)) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `cannot start in "${spec.cwd}": it does not exist in a private /tmp`,
    );
  }
  if (isInTmp(Deno.realPathSync(file))) {
    throw new WorkerError(
      "COMMAND_NOT_FOUND",
      `cannot run "${spec.command}": "${file}" does not exist in a private /tmp`,
    );
  }
}

function isInTmp(path: string): boolean {
  return TMP_FOLDERS.some((folder) =>
    path === folder || path.startsWith(`${folder}/`)
  );
}
