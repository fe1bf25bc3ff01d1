/** What a process left behind. */
export interface Outcome {
  code: number;
  stdout: string;
  /** Standard output as it came. */
  bytes: Uint8Array<ArrayBuffer>;
  stderr: string;
}

export interface CommandOptions {
  env?: Record<string, string>;
  cwd?: string;
  stdin?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  /** Milliseconds until it is killed, which fails the test. @default {60_000} */
  timeout?: number;
}

/**
 * Runs a command to its end.
 *
 * @throws {Error} with what it printed when it takes too long.
 */
export async function runCommand(
  [program, ...args]: readonly string[],
  options: CommandOptions = {},
): Promise<Outcome> {
  const { env, cwd, stdin = "", timeout = 60_000 } = options;
  const child = new Deno.Command(program!, {
    args,
    ...env ? { env } : {},
    ...cwd ? { cwd } : {},
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, timeout);
  const input = stdin instanceof ReadableStream
    ? stdin
    : new Response(stdin).body!;
  // A command that ends early closes its standard input; its exit code says why.
  const sent = input.pipeTo(child.stdin).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  await sent;
  const outcome = {
    code,
    stdout: new TextDecoder().decode(stdout),
    bytes: stdout,
    stderr: new TextDecoder().decode(stderr),
  };
  if (late) {
    throw new Error(
      `"${
        [program, ...args].join(" ")
      }" ran longer than ${timeout} ms; it said: ${outcome.stderr}`,
    );
  }
  return outcome;
}
