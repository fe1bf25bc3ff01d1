/** Pids of the children that somebody waits for. */
const awaited = new Set<number>();

/**
 * Says that somebody waits for a child. Whatever this folder starts is registered here, so that the
 * subreaper can tell it from an orphan that it has to reap itself.
 *
 * @returns says that the child was reaped.
 */
export function awaitChild(pid: number): () => void {
  awaited.add(pid);
  return () => awaited.delete(pid);
}

/** True for a process that somebody waits for. */
export function isOwnChild(pid: number): boolean {
  return awaited.has(pid);
}

/** Runs a program of the host to its end; null when it fails. For short ones that answer something. */
export async function runTool(
  command: string,
  args: string[],
): Promise<string | null> {
  const child = new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reaped = awaitChild(child.pid);
  const { stdout, success } = await child.output().finally(reaped);
  return success ? new TextDecoder().decode(stdout) : null;
}
