import type { Socket } from "node:net";

/** Who is at the other end of a unix socket, as the kernel saw it when it connected. */
export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** `struct ucred`: three 32-bit numbers. */
const UCRED_BYTES = 12;

const libc = Deno.dlopen("libc.so.6", {
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
});

/**
 * The peer of an accepted connection of a unix socket (unix(7), SO_PEERCRED); null when the kernel
 * does not say, which counts as a stranger.
 */
export function peerCredentials(socket: Socket): PeerCredentials | null {
  // The descriptor has no public name.
  const { fd } = (socket as unknown as { _handle?: { fd?: number } })._handle ??
    {};
  if (fd === undefined || fd < 0) return null;
  const ucred = new Int32Array(UCRED_BYTES / 4);
  const length = new Int32Array([UCRED_BYTES]);
  const result = libc.symbols.getsockopt(
    fd,
    SOL_SOCKET,
    SO_PEERCRED,
    ucred,
    length,
  );
  if (result !== 0 || length[0] !== UCRED_BYTES) return null;
  const [pid, uid, gid] = ucred as unknown as [number, number, number];
  // Ids are unsigned; -1 stands for one that has no meaning in this user namespace.
  return { pid, uid: uid >>> 0, gid: gid >>> 0 };
}
