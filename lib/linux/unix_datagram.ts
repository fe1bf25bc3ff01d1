import { libc } from "./libc.ts";
import { checked } from "./linux_error.ts";
import { AF_UNIX, encodeUnixAddress } from "./unix_address.ts";

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDTIMEO = 21;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

const sockets = Deno.dlopen("libc.so.6", {
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
}).symbols;

/** Options of {@linkcode UnixDatagram.send}. */
export interface SendOptions {
  /** Whether it waits, up to the socket's patience, while the receiver's queue is full. @default {true} */
  wait?: boolean;
}

/**
 * A datagram socket of the unix domain, which the runtime lacks: messages to and from processes of
 * this host, whole or not at all. No child inherits it.
 */
export class UnixDatagram implements Disposable {
  #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * A socket that sends to `name`: a path, or `@name` in the abstract name space.
   *
   * @param patienceMs How long a message waits for room in the receiver's queue.
   * @throws {LinuxError} when nobody receives there.
   * @throws {TypeError} for a name that is empty or too long.
   */
  static connect(name: string, patienceMs = 1000): UnixDatagram {
    const address = encodeUnixAddress(name);
    return UnixDatagram.#open((fd) => {
      const seconds = Math.floor(patienceMs / 1000);
      const timeval = new BigInt64Array([
        BigInt(seconds),
        BigInt(Math.round((patienceMs - seconds * 1000) * 1000)),
      ]);
      checked(
        sockets.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, timeval, 16),
        "cannot limit how long a datagram waits",
      );
      checked(
        sockets.connect(fd, address, address.length),
        `cannot connect to the datagram socket "${name}"`,
      );
    });
  }

  /** A socket that receives at `name`; a path must not exist yet. @throws {LinuxError} */
  static bind(name: string): UnixDatagram {
    const address = encodeUnixAddress(name);
    return UnixDatagram.#open((fd) => {
      checked(
        sockets.bind(fd, address, address.length),
        `cannot bind the datagram socket "${name}"`,
      );
    });
  }

  static #open(prepare: (fd: number) => void): UnixDatagram {
    const fd = checked(
      sockets.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0),
      "cannot open a datagram socket",
    );
    try {
      prepare(fd);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
    return new UnixDatagram(fd);
  }

  /** Sends one message. @throws {LinuxError} `EAGAIN` when the receiver does not keep up. */
  send(
    message: Uint8Array<ArrayBuffer>,
    { wait = true }: SendOptions = {},
  ): void {
    const flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
    checked(
      sockets.send(this.#fd, message, BigInt(message.length), flags),
      "cannot send a datagram",
    );
  }

  /** The next message, or null when there is none now. At most 64 KiB of it. */
  receive(): Uint8Array<ArrayBuffer> | null {
    const buffer = new Uint8Array(65536);
    const size = BigInt(buffer.length);
    const count = sockets.recv(this.#fd, buffer, size, MSG_DONTWAIT);
    return count < 0n ? null : buffer.subarray(0, Number(count));
  }

  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    libc.close(this.#fd);
    this.#fd = -1;
  }
}
