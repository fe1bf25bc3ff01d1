import { libc } from "./libc.ts";

const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Keeps a descriptor from the programs that this process starts; false when it is not open. */
export function closeOnExec(fd: number): boolean {
  return libc.fcntl(fd, F_SETFD, FD_CLOEXEC) === 0;
}
