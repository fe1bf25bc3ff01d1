import { libc } from "./libc.ts";
import { checked, ERRNO, lastErrno } from "./linux_error.ts";

/**
 * Reads from a descriptor that does not block.
 *
 * @returns the count; 0 at the end, null when there is nothing now.
 * @throws {LinuxError}
 */
export function readDescriptor(
  fd: number,
  into: Uint8Array<ArrayBuffer>,
): number | null {
  const count = libc.read(fd, into, BigInt(into.length));
  if (count < 0n) {
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) return null;
  }
  return checked(count, "cannot read");
}

/** Closes a descriptor that was opened in this folder. */
export function closeDescriptor(fd: number): void {
  libc.close(fd);
}

/** Makes a user the owner of the file behind a descriptor, as far as the kernel lets us. */
export function giveTo(
  fd: number,
  { uid, gid }: { uid: number; gid: number },
): void {
  libc.fchown(fd, uid, gid);
}
