const KIB = 1024;

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (!kib) throw new Error(`process ${pid} has no resident memory`);
  return Number(kib) * KIB;
}

/** Memory of a process, in bytes. */
export interface Memory {
  /** All that is resident. */
  rss: number;
  /** The same with what is shared divided by those who share it. */
  pss: number;
}

/** What the kernel adds up for a process (proc(5), `smaps_rollup`). */
export function memoryOf(pid: number): Memory {
  const rollup = Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`);
  const bytes = (field: string) => {
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(rollup)?.[1];
    if (!kib) throw new Error(`process ${pid} has no "${field}"`);
    return Number(kib) * KIB;
  };
  return { rss: bytes("Rss"), pss: bytes("Pss") };
}

/** Bytes as MiB, for the table. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** Highest of what `look` answers, asked again and again until `done` is settled. */
export async function highest(
  look: () => number | Promise<number>,
  done: Promise<unknown>,
): Promise<number> {
  let top = await look();
  let running = true;
  const stop = () => running = false;
  done.then(stop, stop);
  while (running) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    top = Math.max(top, await look());
  }
  return top;
}
