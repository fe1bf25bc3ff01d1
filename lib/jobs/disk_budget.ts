import { statfsSync } from "node:fs";

/** Bytes of a file system: all of it, and what is free for this process. */
export interface DiskSpace {
  total: number;
  free: number;
}

/** The reserve when none is asked for: so much, and no larger share of the disk than this. */
const DEFAULT_RESERVE_BYTES = 256 * 2 ** 20;
const DEFAULT_RESERVE_SHARE = 0.05;

/** What the file system of a directory has: one statfs(2), about 7 µs. */
export function diskSpace(directory: string): DiskSpace {
  const { blocks, bavail, bsize } = statfsSync(directory);
  return { total: blocks * bsize, free: bavail * bsize };
}

/** Bytes of the reserve that is asked for, or of the usual one when it is null. */
export function reserveOf(asked: number | null, { total }: DiskSpace): number {
  return asked ??
    Math.min(DEFAULT_RESERVE_BYTES, Math.floor(total * DEFAULT_RESERVE_SHARE));
}

/**
 * Why the disk has no room for another job; null when it has. Only new jobs need the reserve: what
 * runs goes on, and what it prints on a full disk is a gap in its output.
 */
export function problemOfDisk(
  directory: string,
  { reserve, space = diskSpace(directory) }: {
    /** Bytes that must stay free; null is the usual reserve. */
    reserve: number | null;
    space?: DiskSpace;
  },
): string | null {
  const needed = reserveOf(reserve, space);
  if (space.free >= needed) return null;
  return `the disk of "${directory}" has ${inWords(space.free)} free and ${
    inWords(needed)
  } must stay free: remove finished jobs, free space otherwise, or lower the reserve`;
}

/** Bytes for people, in the units that sizes are written with. */
export function inWords(bytes: number): string {
  for (const [unit, size] of [["G", 2 ** 30], ["M", 2 ** 20]] as const) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)}${unit}`;
  }
  return `${Math.floor(bytes / 2 ** 10)}K`;
}
