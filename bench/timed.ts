export interface TimedOptions {
  env?: Record<string, string>;
}

/**
 * Milliseconds that a command took, its output going to /dev/null.
 *
 * @throws {Error} when it fails: a benchmark of failures is worth nothing.
 */
export async function timed(
  [program, ...args]: readonly string[],
  options: TimedOptions = {},
): Promise<number> {
  const started = performance.now();
  const { success, code, stderr } = await new Deno.Command(program!, {
    args,
    ...options,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const elapsed = performance.now() - started;
  if (!success) {
    const said = new TextDecoder().decode(stderr);
    throw new Error(`"${program} ${args.join(" ")}" exited ${code}: ${said}`);
  }
  return elapsed;
}

/** Runs A and B in turns, after one turn that doesn't count, so that noise hits both. */
export async function interleave(
  turns: number,
  a: () => Promise<number>,
  b: () => Promise<number>,
): Promise<{ a: number[]; b: number[] }> {
  const samples = { a: [] as number[], b: [] as number[] };
  for (let turn = -1; turn < turns; turn++) {
    const [first, second] = [await a(), await b()];
    if (turn < 0) continue;
    samples.a.push(first);
    samples.b.push(second);
  }
  return samples;
}
