import { type Counts, type Part, runTool } from "./part.ts";

export interface DenoTestsOptions {
  /** Files and folders. */
  paths: string[];
  /** Files run at the same time, as many as there are cores. @default {false} */
  parallel?: boolean;
  env?: Record<string, string>;
}

/** A part that is a run of `deno test`, counted from its JUnit report. */
export function denoTests(name: string, options: DenoTestsOptions): Part {
  return {
    name,
    async run() {
      if (options.paths.length === 0) {
        return { passed: 0, failed: 0, skipped: 0, output: "" };
      }
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
          ...options.parallel ? ["--parallel"] : [],
          ...options.paths,
        ], options.env);
        const counts = countJunit(await Deno.readTextFile(report));
        // A file that doesn't load fails the run and no test.
        if (!success && counts.failed === 0) counts.failed = 1;
        return { ...counts, output };
      } finally {
        await Deno.remove(report);
      }
    },
  };
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
