/** Names that say which process made them, so that others can see when it is gone. */

const PREFIX = "worker-lab";
const PATTERN = new RegExp(`^${PREFIX}-(\\d+)-(\\d+)-`);

let networks = 0;

/** A prefix of names that no other network has: the process, when it began, and a number. */
export function ownedPrefix(): string {
  // A worker of the test runner shares the process, but not this module.
  const salt = crypto.randomUUID().slice(0, 4);
  return `${PREFIX}-${Deno.pid}-${startOf(Deno.pid)}-${salt}${networks++}`;
}

/** True when a name was given by a process that is gone. */
export function isAbandoned(name: string): boolean {
  const [, pid, start] = PATTERN.exec(name) ?? [];
  return pid !== undefined && startOf(Number(pid)) !== start;
}

/** When a process began, in ticks since boot (proc(5), field 22); null when it is gone. */
function startOf(pid: number): string | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    // The name, which may have spaces, ends with the last parenthesis; field 3 follows.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
