import type { ServerHttp2Session } from "node:http2";
import type { ListenerLimits } from "./listener_limits.ts";
import type { TlsConnection } from "./tls_connection.ts";

/** What {@linkcode watchLiveness} watches and whom it tells. */
export interface LivenessOptions {
  connection: TlsConnection;
  limits: Pick<ListenerLimits, "pingInterval" | "maxUnansweredPings">;
  /** Called before the connection is cut. */
  onUnresponsive(): void;
}

/**
 * Pings the peer while it has requests open, and cuts the connection when it gives no sign of life.
 *
 * A host that lost its power or its network sends no FIN: without this a follower of a quiet job
 * would be held for ever. Signs of life are bytes from the peer, and a backlog that moves: the
 * answer of a slow reader comes after all that waits in front of the ping. What is sent counts
 * only behind a backlog, because otherwise the kernel takes it for a peer that is gone, too.
 */
export function watchLiveness(
  session: ServerHttp2Session,
  options: LivenessOptions,
): void {
  const { connection, limits, onUnresponsive } = options;
  // Its end was told before anybody listened.
  if (connection.closed) return;
  let unanswered = 0;
  let last = { received: 0, sent: 0, backlog: 0 };
  const timer = setInterval(() => {
    if (connection.closed || session.destroyed) return;
    const { received, sent, backlog } = connection;
    const alive = connection.openRequests === 0 || received > last.received ||
      (last.backlog > 0 && sent > last.sent);
    last = { received, sent, backlog };
    unanswered = alive ? 0 : unanswered + 1;
    if (unanswered >= limits.maxUnansweredPings) {
      onUnresponsive();
      connection.destroy();
    } else if (connection.openRequests > 0) {
      session.ping(() => {});
    }
  }, limits.pingInterval);
  connection.socket.once("close", () => clearInterval(timer));
}
