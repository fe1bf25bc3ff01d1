import { runCommand } from "../helpers/command.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { ip } from "./ip.ts";

/** Kills every process in these namespaces and removes them with all they hold. */
export async function removeNamespaces(
  names: readonly string[],
): Promise<void> {
  await waitFor("the processes of the network to end", async () => {
    const pids = (await Promise.all(names.map(pidsIn))).flat();
    for (const pid of pids) kill(pid);
    return pids.length === 0;
  });
  if (names.length > 0) await ip(names.map((name) => `netns del ${name}`));
}

/** Names of the namespaces that there are. */
export async function namespaces(): Promise<string[]> {
  const found = await Array.fromAsync(Deno.readDir("/run/netns"))
    .catch(() => []);
  return found.map(({ name }) => name);
}

async function pidsIn(name: string): Promise<number[]> {
  const { stdout } = await runCommand(["ip", "netns", "pids", name]);
  return stdout.split("\n").filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
