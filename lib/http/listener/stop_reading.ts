import type { TLSSocket } from "node:tls";

interface Handle {
  readStart(): number;
  readStop(): number;
}

/**
 * Makes a paused TLS socket stop reading from the network.
 *
 * In Deno 2.9 only its own handle stops: the engine goes on to take, decrypt and keep whatever the
 * peer sends, so that an upload nobody reads fills the memory. The handle of the TCP socket below
 * has to stop and start along with it. They have no public name; without them nothing changes.
 */
export function stopReadingWhenPaused(socket: TLSSocket): void {
  const { _handle: tls, _parent: parent } = socket as unknown as {
    _handle?: Handle;
    _parent?: { _handle?: Handle };
  };
  const tcp = parent?._handle;
  if (!tls || !tcp) return;
  const start = tls.readStart.bind(tls);
  const stop = tls.readStop.bind(tls);
  tls.readStart = () => {
    const result = start();
    if (!socket.destroyed) tcp.readStart();
    return result;
  };
  tls.readStop = () => {
    if (!socket.destroyed) tcp.readStop();
    return stop();
  };
}
