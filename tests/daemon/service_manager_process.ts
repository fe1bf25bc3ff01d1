/** Prints what `inheritedSockets()` says, and which of the descriptors 3 and 4 a child still has. */
import { ServiceManager } from "../../lib/daemon/service_manager.ts";

console.log(JSON.stringify(look()));

function look() {
  try {
    const sockets = ServiceManager.fromEnvironment().inheritedSockets();
    return { sockets, childHas: childHas() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function childHas(): string[] {
  const { stdout } = new Deno.Command("/bin/sh", {
    args: ["-c", "for fd in 3 4; do [ -e /proc/$$/fd/$fd ] && echo $fd; done"],
  }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}
