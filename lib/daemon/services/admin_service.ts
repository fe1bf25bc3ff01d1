import { WorkerError } from "../../api/errors.ts";
import type { LiveConfig } from "../../config/live_config.ts";
import { AdminListener } from "../../http/listener/admin_listener.ts";
import type { UnixListeningSocket } from "../../linux/unix_listening_socket.ts";
import { aborted } from "../../supervisor/aborted.ts";
import type { Service } from "../../supervisor/mod.ts";
import type { DaemonApp } from "../daemon_app.ts";
import type { DaemonEvents } from "../events.ts";
import type { Place } from "../place.ts";
import { runFiles } from "../run_files.ts";

/** What the administrator's socket is made of. */
export interface AdminServiceParts {
  app: DaemonApp;
  live: LiveConfig;
  place: Place;
  /** What listens already, by a keeper: the folder is root's, and the server may make nothing in it. */
  socket: UnixListeningSocket | null;
  /** The exit context: what is open then is cut. */
  exiting: AbortSignal;
}

/** The API on a unix socket, for root and the server's own user; no certificate is needed. */
export function adminService(
  { app, live, place, socket, exiting }: AdminServiceParts,
): Service<DaemonEvents> {
  return {
    name: "admin",
    critical: true,
    endless: true,
    needs: [...app.needs, "audit"],
    async run(signal, bus) {
      const { stateDir, kept } = live.current;
      using _socket = socket;
      if (kept && socket === null) {
        throw new WorkerError(
          "INVALID_ARGUMENT",
          "--kept is for the server that `worker serve --run-as` starts: leave it out",
        );
      }
      // The path is taken over only when its owner has handed over the rest.
      if (socket === null) await bus.waitFor("PlaceTaken", { signal });
      await using listener = await AdminListener.listen({
        path: runFiles(stateDir).admin,
        socket,
        uids: new Set([0, Deno.uid()!]),
        nameOf: nameReader(),
        handler: app.answer,
        log: (event) => app.note(event),
      });
      bus.broadcast("AdminReady", {});
      await aborted(signal);
      const drained = listener.close({
        deadlineMs: live.current.shutdownTimeout,
        lingerMs: place.lingerMs,
        handedOver: place.handedOver,
      });
      await Promise.race([drained, aborted(exiting)]);
    },
  };
}

/** What the users of passwd(5) are called; asked once for each. */
function nameReader(): (uid: number) => string {
  const known = new Map<number, string>();
  return (uid) => {
    const name = known.get(uid) ?? readName(uid);
    known.set(uid, name);
    return name;
  };
}

function readName(uid: number): string {
  for (const line of Deno.readTextFileSync("/etc/passwd").split("\n")) {
    const [name, , number] = line.split(":");
    if (name && number === String(uid)) return name;
  }
  return `uid:${uid}`;
}
