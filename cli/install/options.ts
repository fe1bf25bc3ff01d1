import { resolve } from "node:path";
import { WorkerError } from "../../lib/api/errors.ts";
import {
  hasFlag,
  JSON_OPTION,
  type OptionSpec,
  type ParsedArguments,
  valueOf,
} from "../command.ts";
import { UsageError } from "../exit_error.ts";
import { printText } from "../print.ts";
import { visible } from "../render/visible.ts";
import { Changes, type Step, VERBS } from "./changes.ts";
import { type Layout, layoutOf } from "./layout.ts";

/** Options of `install` and `uninstall`. */
export const PLACE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "prefix",
    value: "DIR",
    default: "/usr/local",
    help: "where programs go: bin, share and, below /usr, units of systemd",
  },
  {
    name: "root",
    value: "DIR",
    help: "for packagers: a folder that stands for /, where only files are put",
  },
  { name: "dry-run", help: "change nothing, and say what would be done" },
  { ...JSON_OPTION, help: "one JSON object a step" },
];

/** Where something is installed, and by what it is changed. */
export interface Place {
  layout: Layout;
  changes: Changes;
}

/**
 * @throws {UsageError} for a prefix that is not absolute.
 * @throws {WorkerError} `PERMISSION_DENIED` when it takes root.
 */
export function placeOf(typed: ParsedArguments): Place {
  const prefix = (valueOf(typed, "prefix") ?? "/usr/local").replace(/\/+$/, "");
  if (!/^(?:\/[\w@%+=:,.-]+)+$/.test(prefix) || /\/\.\.?(\/|$)/.test(prefix)) {
    throw new UsageError(
      `--prefix "${prefix}" is not an absolute path of plain characters: write for example "/usr/local"`,
    );
  }
  const root = valueOf(typed, "root");
  const dryRun = hasFlag(typed, "dry-run");
  if (root === undefined && !dryRun && Deno.uid() !== 0) {
    throw new WorkerError(
      "PERMISSION_DENIED",
      `cannot change "${prefix}" and "/etc" as the user ${Deno.uid()}: run this as root, look at it with --dry-run, or put the files into a folder with --root`,
    );
  }
  const tell = hasFlag(typed, "json")
    ? tellJson
    : (step: Step) => tellText(step, dryRun);
  return {
    layout: layoutOf(prefix),
    changes: new Changes({
      dryRun,
      root: root === undefined ? "" : resolve(root).replace(/\/$/, ""),
      tell,
    }),
  };
}

async function tellJson(step: Step): Promise<void> {
  await printText(JSON.stringify(step) + "\n");
}

async function tellText({ did, what, why }: Step, dryRun: boolean) {
  const note = why === undefined ? "" : ` (${why})`;
  const verb = dryRun ? `would ${VERBS[did].padEnd(6)}` : did.padEnd(7);
  await printText(`${verb} ${visible(what)}${note}\n`);
}
