import { fileGroups } from "./file_groups.ts";
import { type Counts, type Part, type PartResult, runTool } from "./part.ts";

export interface DenoTestsOptions {
  /** Files and folders. */
  paths: string[];
  /** As many processes at the same time as there are cores, each with some files. @default {false} */
  parallel?: boolean;
  env?: Record<string, string>;
}

/**
 * Files of one process. Few, so that no core is idle for long at the end; not one each, because a
 * process takes half a second to begin.
 */
const GROUP_SIZE = 6;

/** A part that is a run of `deno test`, counted from its JUnit report. */
export function denoTests(name: string, options: DenoTestsOptions): Part {
  const { paths, parallel = false, env } = options;
  return {
    name,
    async run() {
      if (paths.length === 0) return sumOf([]);
      return parallel
        ? sumOf(await runGroups(paths, env))
        : await runTests(paths, env);
    },
  };
}

/**
 * Not `deno test --parallel`, whose files share a process: descriptors, environment, umask, memory and
 * children would be those of other tests as well.
 */
async function runGroups(
  paths: string[],
  env: Record<string, string> | undefined,
): Promise<PartResult[]> {
  const left = fileGroups(paths, { size: GROUP_SIZE });
  const results: PartResult[] = [];
  const work = async () => {
    for (let files = left.shift(); files; files = left.shift()) {
      results.push(await runTests(files, env));
    }
  };
  await Promise.all(
    Array.from({ length: navigator.hardwareConcurrency }, work),
  );
  return results;
}

async function runTests(
  paths: string[],
  env: Record<string, string> | undefined,
): Promise<PartResult> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { success, output } = await runTool([
      Deno.execPath(),
      "test",
      "--quiet",
      "--frozen",
      "--allow-all",
      "--no-check",
      `--junit-path=${report}`,
      ...paths,
    ], env);
    const counts = countJunit(await Deno.readTextFile(report));
    // A file that doesn't load fails the run and no test.
    if (!success && counts.failed === 0) counts.failed = 1;
    return { ...counts, output };
  } finally {
    await Deno.remove(report);
  }
}

/** All counts together, with the output of those in which something failed. */
function sumOf(results: readonly PartResult[]): PartResult {
  const sum = { passed: 0, failed: 0, skipped: 0, output: "" };
  for (const { passed, failed, skipped, output } of results) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
    if (failed > 0) sum.output += output;
  }
  return sum;
}

/** Sums the suites of a JUnit report; an empty report counts nothing. */
export function countJunit(xml: string): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [suite] of xml.matchAll(/<testsuite\s[^>]*>/g)) {
    const number = (name: string) =>
      Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    const failed = number("failures") + number("errors");
    const skipped = number("disabled") + number("skipped");
    counts.failed += failed;
    counts.skipped += skipped;
    counts.passed += number("tests") - failed - skipped;
  }
  return counts;
}
