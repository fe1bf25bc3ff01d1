import { WorkerError } from "../api/errors.ts";
import { closeOnExec } from "../linux/close_on_exec.ts";

/** The first descriptor that a service manager hands over; see sd_listen_fds(3). */
const FIRST = 3;

/** More sockets than anybody listens on: a larger number is nonsense, not a wish. */
const MOST = 256;

/** A socket that the process was started with. */
export interface InheritedSocket {
  fd: number;
  /** `FileDescriptorName=` of its unit, or null when it has none. */
  name: string | null;
}

/** What `LISTEN_*` of the environment says. */
export interface SocketVariables {
  pid: string | undefined;
  count: string | undefined;
  names: string | undefined;
}

/**
 * The sockets that the service manager hands over, by `LISTEN_PID`, `LISTEN_FDS` and
 * `LISTEN_FDNAMES` (sd_listen_fds(3)); none when they are meant for another process. From now on no
 * child inherits them.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` when the variables contradict themselves or what is open.
 */
export function inheritedSockets(
  { pid, count, names }: SocketVariables,
): InheritedSocket[] {
  if (count === undefined || pid === undefined) return [];
  if (wholeNumber("LISTEN_PID", pid, 2 ** 31) !== Deno.pid) return [];
  const total = wholeNumber("LISTEN_FDS", count, MOST);
  const labels = names === undefined ? [] : names.split(":");
  if (names !== undefined && labels.length !== total) {
    throw nonsense(
      `LISTEN_FDNAMES "${names}" names ${labels.length} sockets, and LISTEN_FDS "${count}" hands over ${total}`,
    );
  }
  return Array.from({ length: total }, (_, index) => {
    const fd = FIRST + index;
    if (!closeOnExec(fd)) {
      throw nonsense(
        `LISTEN_FDS "${count}" hands over the descriptors ${FIRST} to ${
          FIRST + total - 1
        }, but ${fd} is not open`,
      );
    }
    return { fd, name: labels[index] || null };
  });
}

function wholeNumber(variable: string, text: string, most: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (number <= most) return number;
  throw nonsense(
    `${variable} "${text}" is not a whole number of at most ${most}`,
  );
}

function nonsense(what: string): WorkerError {
  return new WorkerError(
    "INVALID_ARGUMENT",
    `cannot take over sockets: ${what}; start the server by its socket unit, or without these variables`,
  );
}
