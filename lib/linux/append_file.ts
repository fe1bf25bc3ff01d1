import { cString, libc, O_CLOEXEC, O_CREAT, O_EXCL, O_RDWR } from "./libc.ts";
import { readDescriptor } from "./descriptor.ts";
import { checked, ERRNO, lastErrno, LinuxError } from "./linux_error.ts";

const FIONREAD = 0x541bn;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;

/** A file that grows at its end, also by what is in a pipe, which then never passes this process. */
export class AppendFile implements Disposable {
  readonly #fd: number;
  readonly #offset = new BigInt64Array(1);
  readonly #offsetBytes = new Uint8Array(this.#offset.buffer);
  #size: number;

  private constructor(fd: number, size: number) {
    this.#fd = fd;
    this.#size = size;
  }

  /** A new file. @throws {LinuxError} when it exists. */
  static create(path: string, mode: number): AppendFile {
    const flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
    const fd = checked(
      libc.open(cString(path), flags, mode),
      `cannot create "${path}"`,
    );
    return new AppendFile(fd, 0);
  }

  /** An existing file, cut off behind its first `size` bytes. @throws {LinuxError} */
  static open(path: string, size: number): AppendFile {
    const fd = checked(
      libc.open(cString(path), O_RDWR | O_CLOEXEC, 0),
      `cannot open "${path}"`,
    );
    const file = new AppendFile(fd, size);
    if (Deno.statSync(path).size > size) file.truncate(size);
    return file;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /** @throws {LinuxError} after writing as much as there was room for. */
  append(bytes: Uint8Array): void {
    this.write(bytes, this.#size);
    this.#size += bytes.length;
  }

  /** Writes over what is there. @throws {LinuxError} */
  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      const rest = done === 0 ? bytes : bytes.subarray(done);
      done += checked(
        libc.pwrite(
          this.#fd,
          rest as Uint8Array<ArrayBuffer>,
          BigInt(rest.length),
          BigInt(position + done),
        ),
        "cannot write",
      );
    }
  }

  /**
   * Moves up to `length` bytes from a pipe to the end of the file (splice(2)): at any moment, also
   * when this process is killed, each byte is in one of the two. Only on a file system that has no
   * splice they pass this process.
   *
   * @returns the count; 0 when the pipe is at its end, null when it is empty.
   * @throws {LinuxError} when the disk is full: the bytes are still in the pipe.
   */
  moveFrom(pipe: number, length: number): number | null {
    this.#offset[0] = BigInt(this.#size);
    const count = libc.splice(
      pipe,
      null,
      this.#fd,
      this.#offsetBytes,
      BigInt(length),
      SPLICE_F_MOVE | SPLICE_F_NONBLOCK,
    );
    if (count < 0n) {
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) return null;
      if (errno === ERRNO.EINVAL) return this.#copyFrom(pipe, length);
      throw new LinuxError("cannot write", errno);
    }
    this.#size += Number(count);
    return Number(count);
  }

  #copyFrom(pipe: number, length: number): number | null {
    const bytes = new Uint8Array(length);
    const count = readDescriptor(pipe, bytes);
    if (count) this.append(bytes.subarray(0, count));
    return count;
  }

  /** Reads what was written, into all of `into`. @throws {LinuxError} */
  read(into: Uint8Array, position: number): void {
    for (let done = 0; done < into.length;) {
      const rest = into.subarray(done);
      const count = checked(
        libc.pread(
          this.#fd,
          rest as Uint8Array<ArrayBuffer>,
          BigInt(rest.length),
          BigInt(position + done),
        ),
        "cannot read",
      );
      if (count === 0) throw new RangeError("the file ends before that");
      done += count;
    }
  }

  /** Cuts the file off. @throws {LinuxError} */
  truncate(size: number): void {
    checked(libc.ftruncate(this.#fd, BigInt(size)), "cannot truncate");
    this.#size = size;
  }

  [Symbol.dispose](): void {
    libc.close(this.#fd);
  }
}

/** Bytes that can be read from a pipe now. */
export function bytesInPipe(pipe: number): number {
  const count = new Int32Array(1);
  libc.ioctl(pipe, FIONREAD, new Uint8Array(count.buffer));
  return count[0]!;
}
