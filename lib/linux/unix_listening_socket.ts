import { closeDescriptor } from "./descriptor.ts";
import { libc, O_CLOEXEC, O_NONBLOCK } from "./libc.ts";
import { checked } from "./linux_error.ts";
import { ShortPath } from "./short_path.ts";
import { AF_UNIX, encodeUnixAddress } from "./unix_address.ts";

const sockets = Deno.dlopen("libc.so.6", {
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
}).symbols;

const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const SO_DOMAIN = 39;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const FIRST_FD = 3;
const BACKLOG = 128;

/** Whose a socket is, who alone may connect besides root. */
export interface UnixListenOptions {
  uid: number;
  gid: number;
}

/**
 * A stream socket of the unix domain that listens, held by its descriptor: servers of this and other
 * processes accept from duplicates of it.
 */
export class UnixListeningSocket implements Disposable {
  #fd: number | null;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Its descriptor, which no child inherits. @throws {Error} once it is closed. */
  get fd(): number {
    if (this.#fd === null) throw new Error("the unix socket is closed");
    return this.#fd;
  }

  /**
   * Listens at a path, which another socket may have had; mode 0600. Only root and this process may
   * be able to change the folder.
   *
   * @throws {LinuxError}
   */
  static listen(
    path: string,
    { uid, gid }: UnixListenOptions,
  ): UnixListeningSocket {
    // Made beside its path and moved there: whoever finds it may use it.
    const made = `${path}.${Deno.pid}`;
    remove(made);
    const type = SOCK_STREAM | O_NONBLOCK | O_CLOEXEC;
    const action = `cannot listen on "${path}"`;
    using short = new ShortPath(made);
    const address = encodeUnixAddress(short.path);
    using socket = new UnixListeningSocket(
      checked(sockets.socket(AF_UNIX, type, 0), action),
    );
    const umask = Deno.umask(0o177);
    try {
      checked(sockets.bind(socket.fd, address, address.length), action);
    } finally {
      Deno.umask(umask);
    }
    try {
      checked(sockets.listen(socket.fd, BACKLOG), action);
      Deno.chownSync(made, uid, gid);
      Deno.renameSync(made, path);
    } catch (error) {
      remove(made);
      throw error;
    }
    return socket.#move();
  }

  /**
   * Takes over a descriptor that another process handed down, and closes it in the end.
   *
   * @throws {TypeError} when it is anything but a unix socket that listens; it is left as it is.
   */
  static adopt(fd: number): UnixListeningSocket {
    if (option(fd, SO_DOMAIN) !== AF_UNIX || option(fd, SO_ACCEPTCONN) !== 1) {
      throw new TypeError(
        `cannot take over descriptor ${fd}: it is no unix socket that listens`,
      );
    }
    const action = `cannot set the flags of descriptor ${fd}`;
    checked(libc.fcntl(fd, F_SETFL, O_NONBLOCK), action);
    checked(libc.fcntl(fd, F_SETFD, FD_CLOEXEC), action);
    return new UnixListeningSocket(fd);
  }

  /** Another descriptor of the same socket, for a server that closes it. @throws {LinuxError} */
  duplicate(): number {
    return checked(
      libc.fcntl(this.fd, F_DUPFD_CLOEXEC, FIRST_FD),
      "cannot duplicate a unix socket",
    );
  }

  #move(): UnixListeningSocket {
    const { fd } = this;
    this.#fd = null;
    return new UnixListeningSocket(fd);
  }

  /** Closes this descriptor; duplicates go on listening. The path stays. */
  [Symbol.dispose](): void {
    if (this.#fd === null) return;
    closeDescriptor(this.#fd);
    this.#fd = null;
  }
}

function option(fd: number, name: number): number | null {
  const value = new Int32Array(1);
  const length = new Int32Array([value.byteLength]);
  const result = sockets.getsockopt(fd, SOL_SOCKET, name, value, length);
  return result === 0 ? value[0]! : null;
}

function remove(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
