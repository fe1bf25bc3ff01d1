const KIB = 1024;

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (!kib) throw new Error(`process ${pid} has no resident memory`);
  return Number(kib) * KIB;
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
