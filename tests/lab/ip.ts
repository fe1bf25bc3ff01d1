import { runCommand } from "../helpers/command.ts";

/**
 * Runs commands of ip(8) in one process, in a namespace or in that of the tests.
 *
 * @throws {Error} with the commands and what `ip` said when one fails.
 */
export async function ip(
  commands: readonly string[],
  { namespace }: { namespace?: string } = {},
): Promise<void> {
  const { code, stderr } = await runCommand([
    "ip",
    ...namespace ? ["-n", namespace] : [],
    ...["-batch", "-"],
  ], { stdin: commands.join("\n") + "\n" });
  if (code === 0) return;
  throw new Error(
    `"ip" failed with ${code}: ${stderr.trim()}; it was told:\n${
      commands.join("\n")
    }`,
  );
}
