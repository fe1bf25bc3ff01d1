import type { Rlimit } from "../../api/job.ts";
import type { HostUser } from "../users.ts";
import {
  enterPidNamespace,
  type LoopbackTool,
  loopbackUp,
  privateTmp,
  readOnly,
  type WaitTool,
} from "./scripts.ts";
import { toolPath } from "./tools.ts";

/** Everything that decides how a command is started apart from the host. */
export interface IsolationPlan {
  /** Change to this user; null stays who we are. */
  user: HostUser | null;
  noNewPrivs: boolean;
  rlimits: Record<string, Rlimit>;
  privateTmp: boolean;
  privateNetwork: boolean;
  pidNamespace: boolean;
  readOnly: boolean;
  /** The server is not root: the other namespaces need one of users around them. */
  userNamespace: boolean;
  /** The job keeps the capabilities of root. */
  asRoot: boolean;
  /** Where the job starts. */
  cwd: string;
  /** Names of the variables that the job's request sets. */
  variables: readonly string[];
  /** Which of several programs that do the same this host has; only looked at when it is needed. */
  tools: { loopback: LoopbackTool; wait: WaitTool };
}

/** Variables that a shell sets and exports without being asked. */
const OF_THE_SHELL = ["PWD", "OLDPWD", "SHLVL", "_"];

/** Folders that a private tmp covers. */
export const TMP_FOLDERS: readonly string[] = ["/tmp", "/var/tmp"];

/** True when the plan needs namespaces, and so a shell inside them. */
export function needsNamespaces(plan: IsolationPlan): boolean {
  return hasArrangement(plan) || plan.pidNamespace;
}

/**
 * The words before the command; `[]` when there is nothing to do.
 *
 * @throws {MissingToolError}
 */
export function isolationPrefix(plan: IsolationPlan): string[] {
  return [
    ...arranged(plan),
    ...pidNamespace(plan),
    ...(needsNamespaces(plan) ? env(plan) : []),
    ...prlimit(plan),
    ...setpriv(plan),
  ];
}

/** Namespaces of mounts and network, and a shell that arranges what is in them. */
function arranged(plan: IsolationPlan): string[] {
  if (!hasArrangement(plan)) return [];
  const script = [
    ...(plan.privateNetwork ? [loopbackUp(plan.tools.loopback)] : []),
    ...(plan.privateTmp ? [privateTmp()] : []),
    ...(plan.readOnly ? [readOnly(plan.privateTmp ? TMP_FOLDERS : [])] : []),
    'exec "$@"',
  ].join("\n");
  return [
    toolPath("unshare"),
    ...userNamespace(plan),
    ...(plan.privateNetwork ? ["--net"] : []),
    ...(plan.privateTmp || plan.readOnly ? ["--mount"] : []),
    ...["--", toolPath("sh"), "-c", script, "sh"],
  ];
}

/** By a shell of its own: the first process that it forks is the first of the namespace. */
function pidNamespace(plan: IsolationPlan): string[] {
  if (!plan.pidNamespace) return [];
  return [
    toolPath("unshare"),
    ...(hasArrangement(plan) ? [] : userNamespace(plan)),
    ...["--pid", "--", toolPath("sh"), "-c"],
    ...[enterPidNamespace(plan.tools.wait), "sh"],
  ];
}

function hasArrangement(plan: IsolationPlan): boolean {
  return plan.privateTmp || plan.privateNetwork || plan.readOnly;
}

function userNamespace(plan: IsolationPlan): string[] {
  return plan.userNamespace
    ? ["--user", "--map-current-user", "--keep-caps"]
    : [];
}

/** Undoes what the shell left: variables, ignored signals, the way to a folder that is covered now. */
function env(plan: IsolationPlan): string[] {
  return [
    toolPath("env"),
    ...OF_THE_SHELL.filter((name) => !plan.variables.includes(name))
      .flatMap((name) => ["-u", name]),
    ...(plan.pidNamespace ? ["--default-signal"] : []),
    ...(plan.privateTmp ? [`--chdir=${plan.cwd}`] : []),
  ];
}

function prlimit({ rlimits }: IsolationPlan): string[] {
  const limits = Object.entries(rlimits);
  if (limits.length === 0) return [];
  return [
    toolPath("prlimit"),
    ...limits.map(([name, value]) => `--${name}=${value}:${value}`),
    "--",
  ];
}

function setpriv(plan: IsolationPlan): string[] {
  const { user, noNewPrivs } = plan;
  const options = [
    ...(user === null
      ? []
      : [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups"]),
    ...(noNewPrivs ? ["--no-new-privs"] : []),
    ...capabilities(plan),
  ];
  return options.length === 0 ? [] : [toolPath("setpriv"), ...options, "--"];
}

function capabilities(plan: IsolationPlan): string[] {
  // What was needed inside the namespace of users must not reach the job.
  if (plan.userNamespace && needsNamespaces(plan)) {
    return ["--ambient-caps=-all", "--inh-caps=-all"];
  }
  // Root could mount everything writable again.
  return plan.readOnly && plan.asRoot
    ? ["--inh-caps=-sys_admin", "--bounding-set=-sys_admin"]
    : [];
}
