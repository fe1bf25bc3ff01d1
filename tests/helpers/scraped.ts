/**
 * Reads the text format of Prometheus as strictly as it is written down, so that a test fails where a
 * scraper would.
 */
import { equal, match } from "node:assert/strict";
import { runCommand } from "./command.ts";

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$`,
);
const HEAD = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);

/** What a scrape has seen. */
export class Scraped {
  /** Types of the metrics, by name. */
  readonly types = new Map<string, string>();
  /** Values, by what stands before them, e.g. `worker_jobs{state="lost"}`. */
  readonly samples = new Map<string, number>();

  /** @throws {AssertionError} at the first line that is not right. */
  constructor(readonly text: string) {
    equal(text.endsWith("\n"), true);
    const helped = new Set<string>();
    for (const line of text.slice(0, -1).split("\n")) {
      const [, kind, name = "", rest = ""] = HEAD.exec(line) ?? [];
      if (kind === "HELP") helped.add(name);
      else if (kind === "TYPE") {
        match(rest, /^(?:counter|gauge|histogram)$/, line);
        equal(helped.has(name), true, `no help before ${line}`);
        equal(this.types.has(name), false, `a second time: ${line}`);
        this.types.set(name, rest);
      } else this.#read(line);
    }
  }

  #read(line: string): void {
    const [, name, labels, value] = SAMPLE.exec(line) ?? [];
    equal(name !== undefined, true, `no sample: ${line}`);
    equal(this.types.has(familyOf(name!, this.types)), true, line);
    const key = labels ? `${name}{${labels}}` : name!;
    equal(this.samples.has(key), false, `a second time: ${line}`);
    this.samples.set(key, Number(value!.replace("Inf", "Infinity")));
  }

  /** The value of one series. */
  value(series: string): number | undefined {
    return this.samples.get(series);
  }

  /** All series of a metric, labels and value. */
  of(name: string): [labels: string, value: number][] {
    return [...this.samples].filter(([key]) =>
      key === name || key.startsWith(`${name}{`)
    ).map(([key, value]) => [key.slice(name.length), value]);
  }
}

/** The metric that a sample belongs to: those of a histogram have a suffix. */
function familyOf(name: string, types: ReadonlyMap<string, string>): string {
  const base = name.replace(/_(?:bucket|sum|count)$/, "");
  return types.get(base) === "histogram" ? base : name;
}

/** Whether promtool is installed. */
export async function hasPromtool(): Promise<boolean> {
  try {
    return (await runCommand(["promtool", "--version"])).code === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What `promtool check metrics` objects to; empty when it does not. */
export async function promtoolProblems(text: string): Promise<string> {
  const { code, stdout, stderr } = await runCommand(
    ["promtool", "check", "metrics"],
    { stdin: text },
  );
  return code === 0 ? "" : stdout + stderr;
}
