import process from "node:process";
import { counter, gauge, type Metric } from "./metric.ts";

/** What the kernel and the runtime know of this process; names as in every exporter. */
export function processMetrics(): Metric[] {
  return [
    counter("process_cpu_seconds_total", {
      help: "CPU time of the server, user and system.",
      collect() {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
    }),
    gauge("process_resident_memory_bytes", {
      help: "Resident memory of the server.",
      collect: () => Deno.memoryUsage().rss,
    }),
    gauge("process_heap_bytes", {
      help: "Memory of the server's objects.",
      collect: () => Deno.memoryUsage().heapUsed,
    }),
    gauge("process_open_fds", {
      help: "Open file descriptors of the server.",
      // One of them is that of the look.
      collect: () => [...Deno.readDirSync("/proc/self/fd")].length - 1,
    }),
    gauge("process_max_fds", {
      help: "How many file descriptors the server may have open.",
      collect: maxDescriptors,
    }),
    gauge("process_start_time_seconds", {
      help: "Start of the server, seconds since the epoch.",
      collect: () => performance.timeOrigin / 1000,
    }),
  ];
}

function maxDescriptors(): number | null {
  const limits = Deno.readTextFileSync("/proc/self/limits");
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? null : Number(soft);
}
