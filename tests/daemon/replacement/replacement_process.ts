/** A server that replaces another one, as `startReplacement` sees it: does what its argument says. */
import net from "node:net";
import { tellNews } from "../../../lib/daemon/replacement/daemon_news.ts";
import { takeInheritance } from "../../../lib/daemon/replacement/inheritance.ts";
import { ServiceManager } from "../../../lib/daemon/service_manager.ts";
import { isInherited } from "./is_inherited.ts";

const { sockets, replaces } = takeInheritance(ServiceManager.fromEnvironment());
if (!replaces) throw new Error("this is not a replacement");
const addresses = sockets!.map(({ address: { hostname, port } }) =>
  `${hostname}:${port}`
);

const ROLES: Record<string, () => void> = {
  serve() {
    const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
    const leaked = sockets!.some(({ fd }) => isInherited(child.pid, fd));
    child.kill();
    for (const socket of sockets!) {
      net.createServer((connection) =>
        connection.end(
          JSON.stringify({ leaked, extra: Deno.env.get("EXTRA"), ...left() }),
        )
      ).listen({ fd: socket.duplicate() });
    }
    tellNews({ type: "ready", addresses });
  },
  refuse() {
    tellNews({ type: "failed", reason: "there is\nno room" });
    Deno.exit(3);
  },
  die: () => Deno.exit(3),
  killed: () => Deno.kill(Deno.pid, "SIGKILL"),
  hang() {
    Deno.addSignalListener("SIGTERM", () => {});
    setInterval(() => {}, 1_000);
  },
};

/** What it would hand on to its own children. */
function left() {
  const names = Object.keys(Deno.env.toObject());
  return { variables: names.filter((name) => name.startsWith("WORKER_S")) };
}

ROLES[Deno.args[0]!]!();
