import { WorkerError } from "../api/errors.ts";
import { describeOrigin, type Origin } from "./origin.ts";

/** One thing that is wrong with a configuration. */
export interface ConfigProblem {
  readonly at: Origin;
  /** The setting of a file that is wrong; null when the place names it already, or there is none. */
  readonly key: string | null;
  /** The value in quotes and what is expected. */
  readonly message: string;
}

/** A file of another program is wrong in every line. */
const MAX_LINES = 50;

/** A configuration that is not valid: everything that is wrong with it, at once. */
export class ConfigError extends WorkerError {
  /** One for each problem, as far as anybody reads them. */
  readonly lines: readonly string[];

  /** @param problems at least one */
  constructor(readonly problems: readonly ConfigProblem[]) {
    const lines = problems.slice(0, MAX_LINES).map(describeProblem);
    const more = problems.length - lines.length;
    if (more > 0) lines.push(`and ${more} more mistakes like these`);
    super("INVALID_ARGUMENT", lines.join("\n"));
    this.lines = lines;
  }
}

/** A problem as one line: `FILE:LINE:COLUMN: KEY: MESSAGE`, or `--flag: MESSAGE`. */
export function describeProblem({ at, key, message }: ConfigProblem): string {
  const named = at.kind === "file" && key !== null;
  return `${describeOrigin(at)}: ${named ? `${key}: ` : ""}${message}`;
}
