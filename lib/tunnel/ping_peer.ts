import type { Http2Session } from "node:http2";
import type { Clock } from "../clock.ts";
import type { SocketBacklog } from "../http/listener/socket_backlog.ts";

/** How {@linkcode pingPeer} pings. */
export interface PingPeerOptions {
  /** Tells of bytes that move. */
  backlog: Pick<SocketBacklog, "bytes" | "received" | "sent">;
  /** From the answer to a ping to the next one, ms. */
  intervalMs: number;
  /** Until a ping must be answered, ms. */
  timeoutMs: number;
  clock: Clock;
  /** Called once, when a ping was not answered in time; nothing is pinged after that. */
  onSilent(): void;
}

/**
 * Pings the peer of a tunnel until the function it returns is called: a host without power or
 * network, or a stopped process, sends no FIN.
 *
 * The answer to a ping comes after all that waits in front of it. So a ping whose deadline passes
 * gets another one as long as bytes still come from the peer, or a backlog still moves towards it.
 */
export function pingPeer(
  session: Pick<Http2Session, "ping" | "destroyed" | "closed">,
  { backlog, intervalMs, timeoutMs, clock, onSilent }: PingPeerOptions,
): () => void {
  let cancel = clock.after(intervalMs, ping);
  let stopped = false;

  function ping(): void {
    if (stopped || session.destroyed) return;
    let answered = false;
    let last = look();
    session.ping(() => {
      if (answered || stopped) return;
      answered = true;
      cancel();
      cancel = clock.after(intervalMs, ping);
    });
    const expire = () => {
      if (stopped || answered) return;
      const now = look();
      const moves = now.received > last.received ||
        (last.waiting > 0 && now.sent > last.sent);
      last = now;
      if (!moves) return onSilent();
      cancel = clock.after(timeoutMs, expire);
    };
    cancel = clock.after(timeoutMs, expire);
  }

  function look() {
    const { bytes: waiting, received, sent } = backlog;
    return { waiting, received, sent };
  }

  return () => {
    stopped = true;
    cancel();
  };
}
