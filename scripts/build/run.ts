/**
 * Runs a tool of the build and gives its standard output.
 *
 * @throws {Error} with what the tool printed on stderr when it fails.
 */
export async function run(
  command: string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string> {
  const [program, ...args] = command;
  const { success, code, stdout, stderr } = await new Deno.Command(program!, {
    args,
    ...options,
  }).output();
  if (!success) {
    const said = new TextDecoder().decode(stderr).trim();
    throw new Error(
      `"${command.slice(0, 3).join(" ")} …" failed with ${code}: ${said}`,
    );
  }
  return new TextDecoder().decode(stdout);
}
