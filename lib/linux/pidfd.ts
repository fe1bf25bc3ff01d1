import { libc } from "./libc.ts";
import { checked, ERRNO, lastErrno } from "./linux_error.ts";
import { poller } from "./poller.ts";
import { decodeStatus, type WaitStatus } from "./wait_status.ts";

/** The same on every architecture; old C libraries have no wrapper for it. */
const SYS_PIDFD_OPEN = 434n;

/** `_IOWR(0xff, 11, struct pidfd_info)` of Linux 6.15. */
const PIDFD_GET_INFO = 0xc040ff0bn;
const PIDFD_INFO_EXIT = 1n << 3n;
const INFO_BYTES = 64;
const EXIT_CODE_AT = 60;

/** A process, for as long as this is open: a pid can be given to another one, this can't. */
export class Pidfd implements Disposable {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Null when there is no such process. @throws {LinuxError} */
  static open(pid: number): Pidfd | null {
    const fd = libc.syscall(SYS_PIDFD_OPEN, BigInt(pid), 0n, 0n);
    if (fd < 0n && lastErrno() === ERRNO.ESRCH) return null;
    return new Pidfd(checked(fd, `cannot open process ${pid}`));
  }

  /** Resolves when the process has ended; it need not be a child. */
  async ended(): Promise<void> {
    await poller.readable(this.#fd);
  }

  /**
   * How a process ended that is no child: the kernel tells once somebody has reaped it, from Linux
   * 6.15 on, and never before that.
   */
  exitStatus(): WaitStatus | "not reaped" | "unknown" {
    const info = new Uint8Array(INFO_BYTES);
    const view = new DataView(info.buffer);
    view.setBigUint64(0, PIDFD_INFO_EXIT, true);
    if (libc.ioctl(this.#fd, PIDFD_GET_INFO, info) !== 0) return "unknown";
    const known = view.getBigUint64(0, true) & PIDFD_INFO_EXIT;
    if (known === 0n) return "not reaped";
    return decodeStatus(view.getInt32(EXIT_CODE_AT, true));
  }

  [Symbol.dispose](): void {
    void poller.forget(this.#fd);
    libc.close(this.#fd);
  }
}
