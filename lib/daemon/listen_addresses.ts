import { ERRNO, LinuxError } from "../linux/linux_error.ts";
import { ListeningSocket } from "../linux/listening_socket.ts";
import {
  encodeSocketAddress,
  formatSocketAddress,
  type SocketAddress,
} from "../linux/socket_address.ts";

/** Free ports that are tried until one is free on every address of a name. */
const ATTEMPTS = 8;

/** Finds the addresses of a name, best first. */
export type Resolve = (name: string) => Promise<string[]>;

/**
 * Listens on each address. A name stands for all its addresses, with one port, as far as this host
 * has them: `localhost` is 127.0.0.1 and ::1 where there is IPv6. When one fails, none is kept.
 *
 * @throws {Error} that names the address that could not be had, and what to do.
 */
export async function listenOn(
  addresses: readonly SocketAddress[],
  { resolve = lookUp }: { resolve?: Resolve } = {},
): Promise<ListeningSocket[]> {
  using stack = new DisposableStack();
  const sockets: ListeningSocket[] = [];
  for (const address of addresses) {
    const literal = encodeSocketAddress(address) !== null;
    const names = literal ? [address.hostname] : await found(address, resolve);
    for (const socket of listenOnAll(names, address)) {
      sockets.push(stack.use(socket));
    }
  }
  stack.move();
  return sockets;
}

async function found(
  { hostname, port }: SocketAddress,
  resolve: Resolve,
): Promise<string[]> {
  try {
    return [...new Set(await resolve(hostname))];
  } catch (cause) {
    throw new Error(
      `cannot listen on "${hostname}:${port}": the name "${hostname}" has no address; write an IP address or a name of this host`,
      { cause },
    );
  }
}

/** Sockets of one port on all of the addresses that this host has. */
function listenOnAll(
  hostnames: readonly string[],
  { port }: SocketAddress,
): ListeningSocket[] {
  for (let attempt = 1;; attempt++) {
    using stack = new DisposableStack();
    const sockets: ListeningSocket[] = [];
    let absent: unknown;
    try {
      for (const hostname of hostnames) {
        // The kernel has chosen the port of the first; the others are to have the same.
        const wanted = sockets[0]?.address.port ?? port;
        try {
          const socket = ListeningSocket.listen({ hostname, port: wanted });
          sockets.push(stack.use(socket));
        } catch (error) {
          if (!isAbsent(error)) throw error;
          absent ??= error;
        }
      }
      if (sockets.length === 0) throw absent;
      stack.move();
      return sockets;
    } catch (error) {
      const taken = error instanceof LinuxError &&
        error.errno === ERRNO.EADDRINUSE;
      if (port === 0 && taken && attempt < ATTEMPTS) continue;
      throw error;
    }
  }
}

/** The host does not have this address; a name may have others. */
function isAbsent(error: unknown): boolean {
  return error instanceof LinuxError &&
    (error.errno === ERRNO.EADDRNOTAVAIL ||
      error.errno === ERRNO.EAFNOSUPPORT);
}

async function lookUp(name: string): Promise<string[]> {
  const { lookup } = await import("node:dns/promises");
  const found = await lookup(name, { all: true, order: "verbatim" });
  return found.map(({ address }) => address);
}

/** The addresses as people see them, one a line. */
export function describeAddresses(addresses: readonly SocketAddress[]): string {
  return addresses.map(formatSocketAddress).join("\n");
}
