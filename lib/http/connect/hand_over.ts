import type { Socket } from "node:net";
import { socketPair } from "../../linux/socket_pair.ts";

/** Serves a socket as if from that address: `TlsListener.accept`. */
export type Accept = (
  socket: Socket,
  from: { remoteAddress: string },
) => void;

/**
 * Hands one end of a pair of sockets over; the other one. It ends when the one that was handed over
 * has ended.
 *
 * @throws {LinuxError} when there are too many open files; what `accept` throws.
 */
export function handOver(accept: Accept, remoteAddress: string): Socket {
  const [ours, theirs] = socketPair();
  ours.on("error", () => {});
  try {
    accept(theirs, { remoteAddress });
    return ours;
  } catch (error) {
    ours.destroy();
    theirs.destroy();
    throw error;
  }
}
