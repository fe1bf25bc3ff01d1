import { libc } from "./libc.ts";

/** Errors that somebody tells apart, by name; see errno(3). */
export const ERRNO = {
  EINTR: 4,
  ENOENT: 2,
  ESRCH: 3,
  E2BIG: 7,
  ENOEXEC: 8,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EPIPE: 32,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
} as const;

/** A system call that failed. Its message ends as those of the runtime do: `(os error 28)`. */
export class LinuxError extends Error {
  override readonly name = "LinuxError";

  /** @param errno See errno(3). */
  constructor(action: string, readonly errno: number) {
    super(`${action} (os error ${errno})`);
  }
}

/** The errno of the call before; nothing else may be called in between. */
export function lastErrno(): number {
  return new Deno.UnsafePointerView(libc.__errno_location()!).getInt32();
}

/** The result of a call, when it is not negative. @throws {LinuxError} */
export function checked(
  result: number | bigint,
  action: string,
): number {
  if (result < 0) throw new LinuxError(action, lastErrno());
  return Number(result);
}
