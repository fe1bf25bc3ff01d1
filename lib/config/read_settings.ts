import { clusterProblems, isTunnelNode } from "./cluster_problems.ts";
import type { ConfigProblem } from "./config_error.ts";
import type { EffectiveSetting } from "./effective_setting.ts";
import type { GivenSettings } from "./given.ts";
import { readGiven, readInitial } from "./read_given.ts";
import {
  SETTING_NAMES,
  type SettingName,
  type SettingValues,
} from "./settings.ts";

/** What {@linkcode readSettings} has found. */
export interface ReadSettings {
  /** True only while there are no problems. */
  readonly values: SettingValues;
  /** In the table's order. */
  readonly effective: readonly EffectiveSetting[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * Reads what each source says, also where a stronger one says something else: a mistake that shows
 * when a flag is left out is one already.
 *
 * @param sources the strongest first
 */
export function readSettings(sources: readonly GivenSettings[]): ReadSettings {
  const problems = sources.flatMap((source) => source.problems);
  const effective: EffectiveSetting[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const read = sources.flatMap(({ settings, folder }) => {
      const given = settings[name];
      if (given === undefined) return [];
      return [{ ...readGiven(name, given, folder), from: given.at }];
    });
    problems.push(...read.flatMap((one) => one.problems));
    const { value, shown, from } = read[0] ??
      { ...readInitial(name), from: { kind: "default" } };
    values[name] = value;
    effective.push({ name, shown, from });
  }
  problems.push(...incompleteFiles(effective));
  // Each was read by its own setting's parser, in its own setting's shape.
  const read = values as SettingValues;
  problems.push(...clusterProblems({ values: read, effective, problems }));
  const sorted = problems.sort((a, b) => lineOf(a) - lineOf(b));
  return { ...listenless(read, effective), problems: sorted };
}

/** Without the default of `listen` where nobody is to connect: what a tunnel node was not told to. */
function listenless(
  values: SettingValues,
  effective: readonly EffectiveSetting[],
): Omit<ReadSettings, "problems"> {
  const listen = effective.find(({ name }) => name === "listen");
  if (listen?.from.kind !== "default" || !isTunnelNode(values)) {
    return { values, effective };
  }
  return {
    values: { ...values, listen: [] },
    effective: effective.map((one) =>
      one === listen ? { ...one, shown: [] } : one
    ),
  };
}

/** Problems of a file are told from its first line to its last, behind those of flags and variables. */
function lineOf({ at }: ConfigProblem): number {
  return at.kind === "file" ? at.line + at.column / 2 ** 20 : 0;
}

/** cert, key and cacert are given all or none, wherever each is from. */
function incompleteFiles(
  effective: readonly EffectiveSetting[],
): ConfigProblem[] {
  const names = ["cert", "key", "cacert"];
  const files = effective.filter(({ name }) => names.includes(name));
  const given = files.filter(({ from }) => from.kind !== "default");
  const missing = files.filter(({ from }) => from.kind === "default");
  if (given.length === 0 || missing.length === 0) return [];
  const without = missing.map(({ name }) => name).join(" and ");
  return given.map(({ name, shown, from }) => ({
    at: from,
    key: name,
    message:
      `"${shown}" is given without ${without}, and the three belong together: give cert, key and cacert, or none for certificates of the server's own`,
  }));
}
