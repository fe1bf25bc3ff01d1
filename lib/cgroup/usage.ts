import { isDisk } from "./block_devices.ts";
import { readControl, readKey, readNumber } from "./control_file.ts";

/** What the processes of a cgroup have used, those that ended included; null where no controller counts. */
export interface CgroupUsage {
  /** Seconds of CPU time, user and system together. */
  cpuSeconds: number;
  /** Bytes now. */
  memoryBytes: number | null;
  /** Bytes at most; null before Linux 5.19 as well. */
  memoryPeakBytes: number | null;
  /** Processes and threads now. */
  pids: number | null;
  /** Bytes read from disks; what came from memory is not counted. */
  readBytes: number | null;
  /** Bytes written to disks. */
  writtenBytes: number | null;
}

/** Reads the usage of a cgroup: some 60 µs. */
export function readUsage(cgroup: string): CgroupUsage {
  const io = readControl(`${cgroup}/io.stat`);
  return {
    cpuSeconds: (readKey(`${cgroup}/cpu.stat`, "usage_usec") ?? 0) / 1e6,
    memoryBytes: readNumber(`${cgroup}/memory.current`),
    memoryPeakBytes: readNumber(`${cgroup}/memory.peak`),
    pids: readNumber(`${cgroup}/pids.current`),
    readBytes: io === null ? null : sumOfDisks(io, "rbytes"),
    writtenBytes: io === null ? null : sumOfDisks(io, "wbytes"),
  };
}

/** Sums a value of `io.stat` (`8:0 rbytes=1 wbytes=2 …`); volumes on top of disks would count twice. */
export function sumOfDisks(
  text: string,
  key: "rbytes" | "wbytes",
  isCounted: (number: string) => boolean = isDisk,
): number {
  let sum = 0;
  for (const line of text.split("\n")) {
    const [number, ...values] = line.split(" ");
    if (!number || !isCounted(number)) continue;
    const value = values.find((each) => each.startsWith(`${key}=`));
    sum += Number(value?.slice(key.length + 1) ?? 0);
  }
  return sum;
}
