import { closeDescriptor } from "./descriptor.ts";
import { checked, ERRNO, lastErrno, LinuxError } from "./linux_error.ts";
import { O_CLOEXEC, O_NONBLOCK } from "./libc.ts";
import {
  AF_INET6,
  decodeSocketAddress,
  encodeSocketAddress,
  formatSocketAddress,
  SOCKADDR_BYTES,
  type SocketAddress,
} from "./socket_address.ts";

const libc = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
}).symbols;

const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ACCEPTCONN = 30;
const SO_PROTOCOL = 38;
const IPPROTO_TCP = 6;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const POLLIN = 1;
/** Above the standard three: a closed standard stream must not become a socket. */
const FIRST_FD = 3;
/** Connections that wait to be accepted; the kernel takes `net.core.somaxconn` when it is less. */
const BACKLOG = 4096;

/**
 * A TCP socket that listens, held by its descriptor, which the runtime's own servers do not show.
 *
 * It accepts nothing: servers do, each with a {@linkcode duplicate}. While this one is open nobody
 * who connects is refused, whichever servers and processes come and go.
 */
export class ListeningSocket implements Disposable {
  #fd: number | null;

  private constructor(
    fd: number,
    /** Where it listens; the port is the real one. */
    readonly address: SocketAddress,
  ) {
    this.#fd = fd;
  }

  /** Its descriptor, which no child inherits. @throws {Error} once it is closed. */
  get fd(): number {
    if (this.#fd === null) {
      throw new Error(
        `the socket of "${formatSocketAddress(this.address)}" is closed`,
      );
    }
    return this.#fd;
  }

  /**
   * Listens on an IP literal. `::` stands for IPv4 as well; other IPv6 addresses are themselves only.
   *
   * @throws {LinuxError} when the address cannot be had, with what to do.
   */
  static listen(address: SocketAddress): ListeningSocket {
    const name = formatSocketAddress(address);
    const encoded = encodeSocketAddress(address);
    if (encoded === null) {
      throw new TypeError(
        `cannot listen on "${name}": "${address.hostname}" is not an IP address`,
      );
    }
    const { family, bytes } = encoded;
    const action = `cannot listen on "${name}"`;
    const type = SOCK_STREAM | O_NONBLOCK | O_CLOEXEC;
    const fd = explained(libc.socket(family, type, 0), action);
    try {
      setOption(fd, { level: SOL_SOCKET, name: SO_REUSEADDR, value: 1 });
      if (family === AF_INET6) {
        const value = address.hostname === "::" ? 0 : 1;
        setOption(fd, { level: IPPROTO_IPV6, name: IPV6_V6ONLY, value });
      }
      explained(libc.bind(fd, bytes, bytes.length), action);
      explained(libc.listen(fd, BACKLOG), action);
      return new ListeningSocket(fd, addressOf(fd)!);
    } catch (error) {
      closeDescriptor(fd);
      throw error;
    }
  }

  /**
   * Takes over a descriptor that another process handed down, and closes it in the end.
   *
   * @throws {TypeError} when it is anything but a TCP socket that listens; it is left as it is.
   */
  static adopt(fd: number): ListeningSocket {
    const refuse = (what: string) =>
      new TypeError(
        `cannot take over descriptor ${fd}: it is ${what}; a TCP socket that listens is needed`,
      );
    if (!Number.isInteger(fd) || fd < 0) throw refuse("not a descriptor");
    const protocol = getOption(fd, SO_PROTOCOL);
    if (protocol === null) throw refuse("not an open socket");
    const address = protocol === IPPROTO_TCP ? addressOf(fd) : null;
    if (address === null) throw refuse("a socket of another kind");
    if (getOption(fd, SO_ACCEPTCONN) !== 1) {
      throw refuse("a socket that does not listen");
    }
    const flags = checked(
      libc.fcntl(fd, F_GETFL, 0),
      `cannot read the flags of descriptor ${fd}`,
    );
    checked(
      libc.fcntl(fd, F_SETFL, flags | O_NONBLOCK),
      `cannot set the flags of descriptor ${fd}`,
    );
    checked(
      libc.fcntl(fd, F_SETFD, FD_CLOEXEC),
      `cannot set the flags of descriptor ${fd}`,
    );
    return new ListeningSocket(fd, address);
  }

  /** Another descriptor of the same socket, for a server that closes it. @throws {LinuxError} */
  duplicate(): number {
    return checked(
      libc.fcntl(this.fd, F_DUPFD_CLOEXEC, FIRST_FD),
      `cannot duplicate the socket of "${formatSocketAddress(this.address)}"`,
    );
  }

  /** Whether somebody has connected whom no server has accepted yet. */
  get hasPending(): boolean {
    // struct pollfd: the descriptor, then the events that are wanted and those there are.
    const pollfd = new Int32Array([this.fd, POLLIN]);
    return libc.poll(pollfd, 1n, 0) === 1;
  }

  /** Closes this descriptor; duplicates go on listening. */
  [Symbol.dispose](): void {
    if (this.#fd === null) return;
    closeDescriptor(this.#fd);
    this.#fd = null;
  }
}

/** What went wrong and what to do, for those errors that people cause. */
const ADVICE: Readonly<Record<number, string>> = {
  [ERRNO.EADDRINUSE]:
    "the address is in use; choose another port or stop the process that listens there",
  [ERRNO.EACCES]:
    "permission denied; ports below 1024 need root or CAP_NET_BIND_SERVICE",
  [ERRNO.EADDRNOTAVAIL]:
    "this host does not have the address; choose one that `ip address` shows",
  [ERRNO.EAFNOSUPPORT]:
    "this host has no IPv6; listen on an IPv4 address instead",
  [ERRNO.EMFILE]: "this process has too many open files",
};

function explained(result: number, action: string): number {
  if (result >= 0) return result;
  const errno = lastErrno();
  const advice = ADVICE[errno];
  throw new LinuxError(advice ? `${action}: ${advice}` : action, errno);
}

/** Where a descriptor listens; null when it is no socket of the internet. */
function addressOf(fd: number): SocketAddress | null {
  const bytes = new Uint8Array(SOCKADDR_BYTES);
  const length = new Int32Array([bytes.length]);
  if (libc.getsockname(fd, bytes, length) !== 0) return null;
  return decodeSocketAddress(bytes);
}

function getOption(fd: number, name: number): number | null {
  const value = new Int32Array(1);
  const length = new Int32Array([value.byteLength]);
  const result = libc.getsockopt(fd, SOL_SOCKET, name, value, length);
  return result === 0 ? value[0]! : null;
}

function setOption(
  fd: number,
  { level, name, value }: { level: number; name: number; value: number },
): void {
  const bytes = new Int32Array([value]);
  checked(
    libc.setsockopt(fd, level, name, bytes, bytes.byteLength),
    "cannot set an option of a socket",
  );
}
