import type { Duplex } from "node:stream";

/** How long a peer has to end its half after ours, ms. */
const LINGER_MS = 2_000;

/**
 * Ends a socket's half and closes it when the peer has ended its own, or two seconds after all was
 * taken: to close while bytes arrive could reset the connection under what the peer has not read.
 */
export function closeGently(socket: Duplex): void {
  if (socket.destroyed) return;
  const linger = () => {
    if (socket.readableEnded) return void socket.destroy();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once("end", () => socket.destroy());
    socket.once("close", () => clearTimeout(timer));
    socket.removeAllListeners("readable");
    socket.resume();
  };
  if (socket.writableFinished) return linger();
  // A slow reader is no reason to cut: the time begins when all was taken.
  socket.once("finish", linger);
  if (!socket.writableEnded) socket.end();
}
