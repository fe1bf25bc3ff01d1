import { runCommand } from "../helpers/command.ts";
import { ip } from "./ip.ts";
import { ownedPrefix } from "./owned_name.ts";

const COMMANDS = ["ip", "ss", "nsenter", "setsid", "haproxy", "curl"];

/** Why there can be no network for tests here; null when there can. */
export async function labProblem(): Promise<string | null> {
  if (Deno.uid() !== 0) return "network namespaces need root";
  for (const name of COMMANDS) {
    const { code } = await runCommand(["sh", "-c", 'command -v "$0"', name]);
    if (code !== 0) return `"${name}" is not installed`;
  }
  const name = `${ownedPrefix()}-probe`;
  try {
    await ip([`netns add ${name}`]);
    try {
      await ip([
        "link add name bridge0 type bridge",
        "link add name a type veth peer name b",
        "rule add prio 10 iif b ipproto tcp dport 1-9 blackhole",
      ], { namespace: name });
    } finally {
      await ip([`netns del ${name}`]);
    }
    return null;
  } catch (error) {
    return `no network namespaces here: ${(error as Error).message}`;
  }
}
