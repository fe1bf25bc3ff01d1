/** The address of a server, once it is the one of the process that was just started. */
export async function readAddress(
  stateDir: string,
  pid: number,
): Promise<string | null> {
  try {
    const address = await Deno.readTextFile(`${stateDir}/run/address`);
    const daemon = Number(
      await Deno.readTextFile(`${stateDir}/run/worker.pid`),
    );
    // With --run-as the process that was started keeps another one.
    const ours = daemon === pid || parentOf(daemon) === pid;
    return ours ? address.trim() || null : null;
  } catch {
    return null;
  }
}

/** The parent of a process. */
export function parentOf(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]);
}
