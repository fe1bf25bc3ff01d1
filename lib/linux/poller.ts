import { libc } from "./libc.ts";
import { checked, ERRNO, lastErrno } from "./linux_error.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 0x001;
const EPOLLOUT = 0x004;
const EPOLLHUP = 0x010;
const EPOLLONESHOT = 1 << 30;

/** `struct epoll_event` is packed on x86-64 only. */
const DATA_AT = Deno.build.arch === "x86_64" ? 4 : 8;
const EVENT_BYTES = DATA_AT + 8;
const EVENTS = 128;

/**
 * Waits for descriptors that the runtime does not know: pipes of jobs and pidfds (epoll(7)).
 *
 * One call of epoll_wait(2) for all of them waits in a thread of the runtime's pool, and only while
 * somebody waits here. A descriptor is disarmed when it has fired, so one that nobody reads for a
 * while wakes nobody.
 */
class Poller {
  readonly #epoll = checked(
    libc.epoll_create1(EPOLL_CLOEXEC),
    "cannot create an epoll instance",
  );
  /** Always readable: to watch it makes a blocked epoll_wait return. */
  readonly #interruption = checked(
    libc.eventfd(1, EPOLL_CLOEXEC),
    "cannot create an eventfd",
  );
  readonly #known = new Set<number>();
  readonly #waiting = new Map<number, (events: number) => void>();
  readonly #events = new Uint8Array(EVENT_BYTES * EVENTS);
  readonly #view = new DataView(this.#events.buffer);
  readonly #scratch = new Uint8Array(EVENT_BYTES);
  readonly #scratchView = new DataView(this.#scratch.buffer);
  #running: Promise<void> | null = null;

  constructor() {
    this.#control(EPOLL_CTL_ADD, this.#interruption, 0);
  }

  /**
   * Resolves when a read would not block: there are bytes, or the other end is closed, or both.
   *
   * @returns true when it is closed: what can be read now is all there will be.
   */
  async readable(fd: number): Promise<boolean> {
    return (await this.#wait(fd, EPOLLIN) & EPOLLHUP) !== 0;
  }

  /** Resolves when a write would not block: there is room, or the other end is closed. */
  async writable(fd: number): Promise<void> {
    await this.#wait(fd, EPOLLOUT);
  }

  /**
   * Ends a wait for `fd` and forgets it. Call it before the descriptor is closed.
   *
   * @returns resolves at once, or when nobody waits any more, once the thread is back too.
   */
  async forget(fd: number): Promise<void> {
    if (this.#known.delete(fd)) this.#control(EPOLL_CTL_DEL, fd, 0);
    const wake = this.#waiting.get(fd);
    if (!wake) return;
    this.#waiting.delete(fd);
    if (this.#waiting.size === 0) {
      this.#control(EPOLL_CTL_MOD, this.#interruption, EPOLLIN | EPOLLONESHOT);
    }
    wake(0);
    if (this.#waiting.size === 0) await this.#running;
  }

  #wait(fd: number, events: number): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting.set(fd, resolve);
      const operation = this.#known.has(fd) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
      this.#known.add(fd);
      this.#control(operation, fd, events | EPOLLONESHOT);
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const count = await libc.epoll_wait(
        this.#epoll,
        this.#events,
        EVENTS,
        -1,
      );
      for (let i = 0; i < count; i++) {
        const fd = this.#view.getInt32(i * EVENT_BYTES + DATA_AT, true);
        const wake = this.#waiting.get(fd);
        this.#waiting.delete(fd);
        wake?.(this.#view.getUint32(i * EVENT_BYTES, true));
      }
      // What was woken runs first: it usually waits again, and one epoll_wait serves all.
      if (count > 0) await null;
    }
    this.#running = null;
  }

  #control(operation: number, fd: number, events: number): void {
    this.#scratchView.setUint32(0, events, true);
    this.#scratchView.setInt32(DATA_AT, fd, true);
    const result = libc.epoll_ctl(this.#epoll, operation, fd, this.#scratch);
    if (result === 0 || lastErrno() === ERRNO.ENOENT) return;
    checked(result, "cannot watch a descriptor");
  }
}

/** The one of this process. */
export const poller = new Poller();
