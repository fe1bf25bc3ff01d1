import { cString, libc, O_CLOEXEC, O_NONBLOCK, O_RDWR } from "./libc.ts";
import { checked } from "./linux_error.ts";

const F_GETFL = 3;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;

/** Two ends of a pipe, as descriptors that no child inherits. */
export interface Pipe {
  ours: number;
  theirs: number;
}

/**
 * A pipe that a child writes and this process reads, without blocking.
 *
 * The child's end can read as well: a pipe lives as long as somebody can read it, so a child goes on
 * when this process dies. It blocks once the pipe is full instead of being killed by SIGPIPE, and
 * nothing that it has written is lost, until {@linkcode reopenPipe} finds the pipe again.
 */
export function pipeFromChild(): Pipe {
  const [reading, writing] = openPipe();
  try {
    setNonBlocking(reading);
    const theirs = checked(
      libc.open(cString(`/proc/self/fd/${writing}`), O_RDWR | O_CLOEXEC, 0),
      "cannot reopen a pipe",
    );
    return { ours: reading, theirs };
  } catch (error) {
    libc.close(reading);
    throw error;
  } finally {
    libc.close(writing);
  }
}

/** A pipe that this process writes, without blocking, and a child reads. */
export function pipeToChild(): Pipe {
  const [theirs, ours] = openPipe();
  setNonBlocking(ours);
  return { ours, theirs };
}

/** The reading end of a pipe that another process holds, by a path such as `/proc/4711/fd/1`. */
export function reopenPipe(path: string): number {
  return checked(
    libc.open(cString(path), O_NONBLOCK | O_CLOEXEC, 0),
    `cannot open "${path}"`,
  );
}

/** Makes a pipe larger, where the host's limits allow it: fewer wake-ups for a job that prints much. */
export function widenPipe(fd: number, bytes: number): void {
  libc.fcntl(fd, F_SETPIPE_SZ, bytes);
}

/** What the kernel calls the pipe behind a descriptor of this process, e.g. `pipe:[4711]`. */
export function pipeName(fd: number): string {
  return Deno.readLinkSync(`/proc/self/fd/${fd}`);
}

function openPipe(): [reading: number, writing: number] {
  const ends = new Int32Array(2);
  checked(
    libc.pipe2(new Uint8Array(ends.buffer), O_CLOEXEC),
    "cannot create a pipe",
  );
  return [ends[0]!, ends[1]!];
}

function setNonBlocking(fd: number): void {
  libc.fcntl(fd, F_SETFL, libc.fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
}
