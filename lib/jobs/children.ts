/** Pids of the processes that Deno waits for. */
const running = new Set<number>();

/**
 * Starts a process. Everything in this folder starts processes here, so that the subreaper can tell
 * a child that Deno waits for from an orphan that it has to reap itself.
 */
export function spawnChild(
  command: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  const child = new Deno.Command(command, options).spawn();
  running.add(child.pid);
  const forget = () => running.delete(child.pid);
  child.status.then(forget, forget);
  return child;
}

/** True for a process that Deno waits for. */
export function isOwnChild(pid: number): boolean {
  return running.has(pid);
}
