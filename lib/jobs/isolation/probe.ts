import { runTool } from "../children.ts";
import { type HostUser, ownUser } from "../users.ts";
import {
  type FeatureReport,
  FEATURES,
  type IsolationFeature,
} from "./feature.ts";
import { type IsolationPlan, isolationPrefix } from "./prefix.ts";
import type { LoopbackTool, WaitTool } from "./scripts.ts";
import { MissingToolError, type ToolName, toolPath } from "./tools.ts";

/** Features that were seen to work; one that was not may be mended at any time. */
const proven = new Map<IsolationFeature, Promise<FeatureReport>>();

/** Tries every feature that was not seen to work before. Takes some 50 ms the first time. */
export async function probeIsolation(): Promise<
  Record<IsolationFeature, FeatureReport>
> {
  const names = Object.keys(FEATURES) as IsolationFeature[];
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await probeFeature(name)]),
    ),
  );
}

/** Whether a feature works here, by using it to run `true`. */
export async function probeFeature(
  feature: IsolationFeature,
): Promise<FeatureReport> {
  const known = proven.get(feature);
  if (known) return await known;
  const trial = tryFeature(feature);
  proven.set(feature, trial);
  const report = await trial;
  if (!report.ok) proven.delete(feature);
  return report;
}

async function tryFeature(feature: IsolationFeature): Promise<FeatureReport> {
  try {
    const own = await ownUser();
    if (feature === "user" && own.uid !== 0) {
      return {
        ok: false,
        missing: `the server runs as "${own.name}", and only root may change ` +
          "the user",
        advice: "run the server as root",
      };
    }
    const prefix = isolationPrefix({
      ...NOTHING,
      ...trialOf(feature, own),
      userNamespace: own.uid !== 0,
      asRoot: own.uid === 0,
      tools: await chooseTools({ [feature]: true }),
    });
    const { status, said } = await outcome([
      ...prefix,
      toolPath("sh"),
      "-c",
      ":",
    ]);
    return status === 0 ? { ok: true } : {
      ok: false,
      missing: said || `a trial ended with ${status}`,
      advice: adviceFor(feature, own.uid === 0),
    };
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error;
    return { ok: false, missing: error.message, advice: error.advice };
  }
}

const NOTHING: IsolationPlan = {
  user: null,
  noNewPrivs: false,
  rlimits: {},
  privateTmp: false,
  privateNetwork: false,
  pidNamespace: false,
  readOnly: false,
  userNamespace: false,
  asRoot: false,
  cwd: "/",
  variables: [],
  tools: { loopback: "ip", wait: "unshare" },
};

function trialOf(
  feature: IsolationFeature,
  own: HostUser,
): Partial<IsolationPlan> {
  switch (feature) {
    case "user":
      return { user: own };
    case "rlimits":
      return { rlimits: { core: 0 } };
    default:
      return { [feature]: true };
  }
}

function adviceFor(feature: IsolationFeature, isRoot: boolean): string {
  if (feature === "noNewPrivs" || feature === "rlimits") {
    return "install util-linux 2.34 or later";
  }
  return isRoot
    ? "the server needs the capabilities of root on the host: in a container, " +
      "CAP_SYS_ADMIN and a security profile that allows unshare(2) and mount(2)"
    : "run the server as root, or allow user namespaces (sysctl " +
      "user.max_user_namespaces, kernel.unprivileged_userns_clone, " +
      "kernel.apparmor_restrict_unprivileged_userns)";
}

/**
 * Which programs this host has where more than one can do what is needed.
 *
 * @throws {MissingToolError}
 */
export async function chooseTools(
  needed: { privateNetwork?: boolean; pidNamespace?: boolean },
): Promise<IsolationPlan["tools"]> {
  return {
    loopback: needed.privateNetwork ? chooseLoopback() : "ip",
    wait: needed.pidNamespace ? await chooseWait() : "unshare",
  };
}

function chooseLoopback(): LoopbackTool {
  const found = (["ip", "ifconfig", "perl"] as const).find(hasTool);
  if (found) return found;
  throw new MissingToolError("ip");
}

async function chooseWait(): Promise<WaitTool> {
  if (hasTool("perl")) return "perl";
  if (await keepsSigkill()) return "unshare";
  throw new MissingToolError("perl");
}

let keeps: Promise<boolean> | undefined;

/** unshare(1) before util-linux 2.39 exits with 1 when SIGKILL ended its child. */
function keepsSigkill(): Promise<boolean> {
  return keeps ??= outcome([
    toolPath("unshare"),
    ...["--fork", "--", toolPath("sh"), "-c", "kill -9 $$"],
  ]).then(({ status }) => status === 137);
}

function hasTool(tool: ToolName): boolean {
  try {
    return toolPath(tool) !== "";
  } catch {
    return false;
  }
}

/** Runs a program to its end: its status as a shell tells it, and the first line that it said. */
async function outcome(
  argv: string[],
): Promise<{ status: number; said: string }> {
  const answer = await runTool(toolPath("sh"), [
    "-c",
    '"$@" </dev/null 2>&1; echo "$?"',
    "sh",
    ...argv,
  ]);
  const lines = (answer ?? "").trimEnd().split("\n");
  return { status: Number(lines.pop() || -1), said: lines[0] ?? "" };
}
