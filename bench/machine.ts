import { runCommand } from "../tests/helpers/command.ts";
import { WORKER_BIN } from "../tests/helpers/worker.ts";

/** What the figures were measured on, a line each. */
export async function describeMachine(sshVersion: string): Promise<string[]> {
  const cpu = /^model name\s*: (.*)$/m.exec(
    await Deno.readTextFile("/proc/cpuinfo"),
  )?.[1] ?? Deno.build.arch;
  const memory = Deno.systemMemoryInfo().total / 2 ** 30;
  const { stdout } = await runCommand([WORKER_BIN, "version"]);
  const inotify = await Deno.readTextFile(
    "/proc/sys/fs/inotify/max_user_instances",
  );
  return [
    `CPU: ${cpu}, ${navigator.hardwareConcurrency} cores`,
    `Memory: ${memory.toFixed(1)} GiB`,
    `Kernel: Linux ${Deno.osRelease()}`,
    `inotify instances a user: ${inotify.trim()}`,
    `worker: ${stdout.trim()}`,
    `Deno: ${Deno.version.deno}`,
    `OpenSSH: ${sshVersion}`,
    `Load when it began: ${Deno.loadavg().map((x) => x.toFixed(2)).join(" ")}`,
  ];
}
