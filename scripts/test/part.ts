/** What a part of the test run counted. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** What a part found. */
export interface PartResult extends Counts {
  /** Shown when something failed. */
  output: string;
  /** Shown always: why tests were skipped. */
  note?: string;
}

/** A part of `make test`: quiet when it succeeds. */
export interface Part {
  name: string;
  run(): Promise<PartResult>;
}

/** Several times what the longest takes on two cores: one that hangs is to end, not one that is slow. */
const PART_TIMEOUT_MS = 20 * 60_000;

/** Runs a command of a part to its end; what it printed, both streams together. */
export async function runTool(
  command: string[],
  env: Record<string, string> = {},
): Promise<{ success: boolean; output: string }> {
  const [program, ...args] = command;
  const timeout = AbortSignal.timeout(PART_TIMEOUT_MS);
  const { success, stdout, stderr } = await new Deno.Command(program!, {
    args,
    env: { NO_COLOR: "1", ...env },
    signal: timeout,
  }).output();
  const output = new TextDecoder().decode(stdout) +
    new TextDecoder().decode(stderr) +
    (timeout.aborted ? `stopped after ${PART_TIMEOUT_MS / 60_000} min\n` : "");
  return { success, output };
}
