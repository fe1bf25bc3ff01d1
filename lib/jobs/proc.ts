/** What `/proc` says about processes. Everything here may vanish between two reads: then it is null. */

/** One process, from `/proc/<pid>/stat` (proc(5)). */
export interface ProcessStat {
  pid: number;
  /** `R`, `S`, `D`, `Z` (zombie) … */
  state: string;
  parent: number;
  group: number;
  session: number;
  /** Clock ticks after boot; with the pid and the boot id it names one process for good. */
  startTime: number;
  /** The status of wait(2) of a zombie; 0 for others, and where this process may not look. */
  exitStatus: number;
}

function readText(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // ENOENT or ESRCH: it ended. EACCES: it is somebody else's, and so none of ours.
    return null;
  }
}

/** The process with this pid, or null when there is none. */
export function readStat(pid: number | "self"): ProcessStat | null {
  const text = readText(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The command is in parentheses and may hold any character, so fields count from the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid: Number.parseInt(text),
    state: fields[0]!,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTime: Number(fields[19]),
    exitStatus: Number(fields[49]),
  };
}

/** Clock ticks of user space; the same on every Linux that there is a runtime for. */
const TICK_MS = 10;

/**
 * How long ago a process started, ms, by a clock that nobody can set.
 *
 * @param startTime Its own, see {@linkcode ProcessStat}.
 */
export function ageOf(startTime: number): number {
  const self = readStat("self")!;
  return (self.startTime - startTime) * TICK_MS + performance.now();
}

const CAP_SYS_PTRACE = 19n;

/** The status of wait(2) of a zombie, null when it is none, or is not ours to look at. */
export function readExitStatus(
  pid: number,
  { startTime }: { startTime: number | undefined },
): number | null {
  const uids = /^Uid:\t(.*)$/m.exec(readText(`/proc/${pid}/status`) ?? "");
  const stat = readStat(pid);
  if (stat?.state !== "Z" || stat.startTime !== startTime) return null;
  if (stat.exitStatus !== 0) return stat.exitStatus;
  // The kernel writes 0 too for whom it does not want to tell.
  const own = uids?.[1]?.split("\t").every((uid) => Number(uid) === Deno.uid());
  return own || hasCapability(CAP_SYS_PTRACE) ? 0 : null;
}

function hasCapability(bit: bigint): boolean {
  const effective = /^CapEff:\t(.*)$/m.exec(
    readText("/proc/self/status") ?? "",
  );
  return effective !== null &&
    (BigInt(`0x${effective[1]}`) >> bit & 1n) === 1n;
}

/** Every process of the host that can be seen. */
export function snapshot(): Map<number, ProcessStat> {
  const processes = new Map<number, ProcessStat>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readStat(pid);
    if (stat) processes.set(pid, stat);
  }
  return processes;
}

/** Children of this process, adopted orphans and zombies included. */
export function ownChildren(): number[] {
  return childrenOf("self");
}

/** Children of a process, zombies included. */
export function childrenOf(pid: number | "self"): number[] {
  const children: number[] = [];
  let readable = false;
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      const list = readText(`/proc/${pid}/task/${name}/children`);
      readable ||= list !== null;
      if (list) children.push(...list.trim().split(" ").map(Number));
    }
  } catch {
    return [];
  }
  if (readable) return children;
  // A kernel without CONFIG_PROC_CHILDREN: look at everything instead.
  const parent = pid === "self" ? Deno.pid : pid;
  return [...snapshot().values()].filter((each) => each.parent === parent)
    .map(({ pid }) => pid);
}

/** The command line; empty for a zombie or a process that is gone. */
export function readArgv(pid: number): string[] {
  const text = readText(`/proc/${pid}/cmdline`);
  return text ? text.replace(/\0$/, "").split("\0") : [];
}

/**
 * The environment a process was started with (its own later changes do not show), each variable
 * between two NULs; empty for one that is gone, somebody else's, or in the middle of an exec.
 */
export function readEnvironment(pid: number): string {
  const text = readText(`/proc/${pid}/environ`);
  return text === null ? "" : `\0${text}`;
}

/** True when the process was started with this variable. */
export function hasEnvironment(
  pid: number,
  name: string,
  value: string,
): boolean {
  return readEnvironment(pid).includes(`\0${name}=${value}\0`);
}

/** The pipes a process has as stdout and stderr, as `pipe:[inode]`. */
export function outputPipes(pid: number): Set<string> {
  const pipes = [1, 2].map((descriptor) => readPipe(pid, descriptor));
  return new Set(pipes.filter((pipe) => pipe !== null));
}

/** The pipe of each stream of a process; empty for one that is none. */
export function pipesOf(pid: number): { stdout: string; stderr: string } {
  return { stdout: readPipe(pid, 1) ?? "", stderr: readPipe(pid, 2) ?? "" };
}

function readPipe(pid: number, descriptor: number | string): string | null {
  try {
    const target = Deno.readLinkSync(`/proc/${pid}/fd/${descriptor}`);
    return target.startsWith("pipe:") ? target : null;
  } catch {
    // The descriptor was closed since, or the process is gone.
    return null;
  }
}

/** A descriptor of the process that is this pipe, as a path that can be opened; or null. */
export function findPipe(pid: number, pipe: string): string | null {
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/fd`)) {
      if (readPipe(pid, name) === pipe) return `/proc/${pid}/fd/${name}`;
    }
  } catch {
    // The process is gone, or is somebody else's by now.
  }
  return null;
}

/** Changes at every boot. */
export function bootId(): string {
  return Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
}
