/** Whether a process has the same socket as this one has under a descriptor. */
export function isInherited(pid: number, fd: number): boolean {
  const own = Deno.readLinkSync(`/proc/self/fd/${fd}`);
  return Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).some(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/${pid}/fd/${name}`) === own;
    } catch {
      // It was closed in this moment, as it is when the program begins.
      return false;
    }
  });
}
