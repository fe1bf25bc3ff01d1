import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { examineCgroups } from "../../lib/cgroup/mod.ts";
import { defaultStateDir } from "../../lib/config/state_dir.ts";
import { diskSpace, reserveOf } from "../../lib/jobs/disk_budget.ts";
import {
  FEATURES,
  type IsolationFeature,
  MissingToolError,
  probeIsolation,
  type ToolName,
  toolPath,
} from "../../lib/jobs/isolation/mod.ts";
import { describeSize } from "../render/describe_size.ts";
import { type Finding, finding } from "./finding.ts";

/** Programs that start isolated jobs. */
const TOOLS: readonly ToolName[] = ["unshare", "setpriv", "prlimit", "mount"];

/** What a server on this machine, started by this user, could do for jobs. Changes nothing. */
export async function* examineHost(): AsyncGenerator<Finding> {
  yield* examineCgroup();
  yield* TOOLS.map(examineTool);
  const reports = await probeIsolation();
  for (const [name, report] of Object.entries(reports)) {
    const what = FEATURES[name as IsolationFeature];
    yield report.ok
      ? finding("ok", { check: "isolation", found: `can ${what}` })
      : finding("warn", {
        check: "isolation",
        found: `can't ${what}: ${report.missing}`,
        advice: report.advice,
      });
  }
  yield examineDisk();
}

function* examineCgroup(): Generator<Finding> {
  const cgroups = examineCgroups();
  if (cgroups.kind === "unsupported") {
    yield finding("warn", {
      check: "cgroup",
      found: `no limits, usage or pause: ${cgroups.missing}`,
      advice: cgroups.advice,
    });
    return;
  }
  yield finding("ok", { check: "cgroup", found: `v2 at "${cgroups.path}"` });
  for (const [controller, missing] of Object.entries(cgroups.limits)) {
    yield missing === null
      ? finding("ok", { check: "cgroup", found: `can limit ${controller}` })
      : finding("warn", {
        check: "cgroup",
        found: `can't limit ${controller}: ${missing.missing}`,
        advice: missing.advice,
      });
  }
}

function examineTool(tool: ToolName): Finding {
  try {
    return finding("ok", { check: "tool", found: toolPath(tool) });
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error;
    const { message, advice } = error;
    return finding("warn", { check: "tool", found: message, advice });
  }
}

/** The disk of the state directory, or of where it would be made. */
function examineDisk(): Finding {
  const stateDir = defaultStateDir();
  let place = stateDir;
  while (!existsSync(place)) place = dirname(place);
  const space = diskSpace(place);
  const reserve = reserveOf(null, space);
  const low = space.free < reserve;
  return finding(low ? "warn" : "ok", {
    check: "disk",
    found: `${describeSize(space.free)} free for "${stateDir}", ` +
      `${describeSize(reserve)} of it in reserve`,
    advice: low ? "make room: below the reserve new jobs are refused" : null,
  });
}
