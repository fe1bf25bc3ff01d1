import { listAuditFiles } from "./audit_files.ts";

/** How much of the log is kept. */
export interface Keep {
  /** Milliseconds after its last event. */
  ms: number;
  /** Bytes of all files together. */
  totalBytes: number;
  /** The file that is appended to: it stays. */
  active: string | null;
}

/** Removes files that are too old, and the oldest while there is too much. */
export function removeOldFiles(
  directory: string,
  { ms, totalBytes, active, now }: Keep & { now: number },
): void {
  const files = listAuditFiles(directory);
  let total = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, changed, size } of files) {
    const surplus = total > totalBytes || now - changed > ms;
    if (!surplus || path === active) continue;
    try {
      Deno.removeSync(path);
    } catch (error) {
      // Another process does the same.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    total -= size;
  }
}
