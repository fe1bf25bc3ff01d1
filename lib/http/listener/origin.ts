import type { Socket } from "node:net";

/** Where the bytes of a socket come from that has no address of its own. */
interface Origin {
  remoteAddress: string;
  /** Like no other socket's. */
  peer: string;
}

const origins = new WeakMap<object, Origin>();
let noted = 0;

/** Notes from whom a socket was handed over, e.g. one end of a pair: it has no address itself. */
export function noteOrigin(socket: Socket, remoteAddress: string): void {
  const peer = `${remoteAddress}, handed over as number ${++noted}`;
  origins.set(socket, { remoteAddress, peer });
}

/** What was noted of a socket, or of the socket below a TLS one; undefined for others. */
export function originOf(socket: object): Origin | undefined {
  // The runtime does not say publicly which socket is below.
  const { _parent: below } = socket as { _parent?: object | null };
  return origins.get(socket) ?? (below ? origins.get(below) : undefined);
}
