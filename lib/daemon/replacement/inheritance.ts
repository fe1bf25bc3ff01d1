import { WorkerError } from "../../api/errors.ts";
import { ListeningSocket } from "../../linux/listening_socket.ts";
import { UnixListeningSocket } from "../../linux/unix_listening_socket.ts";
import type { ServiceManager } from "../service_manager.ts";

/** Descriptors of listening sockets, with commas between them. */
const SOCKETS = "WORKER_SOCKETS";

/** The descriptor of the administrator's socket. */
const ADMIN = "WORKER_ADMIN_SOCKET";

/** How often a keeper wants to hear of its daemon, in ms. */
const ALIVE = "WORKER_ALIVE_MS";

/** Set for a server that takes the place of one that still serves. */
const REPLACES = "WORKER_REPLACES";

/** What a server got from the one that started it: its keeper, or the one whose place it takes. */
export interface Inheritance {
  /** Sockets that listen already, to be used instead of the configured addresses; null for none. */
  readonly sockets: readonly ListeningSocket[] | null;
  /** The administrator's socket, which its keeper has made; null for none. */
  readonly admin: UnixListeningSocket | null;
  /** How often it is to tell its keeper that it lives, in ms; null when nobody wants to know. */
  readonly aliveMs: number | null;
  /**
   * Another server still serves and holds the locks: they come free once this one has said that it
   * is ready.
   */
  readonly replaces: boolean;
}

/**
 * Reads what this process has inherited, from another server or from the service manager, and removes
 * it from the environment: nobody below it is meant.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` when it is nonsense.
 */
export function takeInheritance(manager: ServiceManager): Inheritance {
  const descriptors = take(SOCKETS);
  const replaces = take(REPLACES) !== undefined;
  const sockets = descriptors === undefined
    ? activated(manager)
    : fromServer(descriptors);
  const [admin, alive] = [take(ADMIN), take(ALIVE)];
  return {
    sockets,
    admin: admin === undefined ? null : adminSocket(admin),
    aliveMs: alive === undefined ? null : numberIn(ALIVE, alive),
    replaces,
  };
}

/** Sockets of a socket unit. */
function activated(manager: ServiceManager): Inheritance["sockets"] {
  const sockets = manager.inheritedSockets();
  if (sockets.length === 0) return null;
  return sockets.map(({ fd, name }) => {
    try {
      return ListeningSocket.adopt(fd);
    } catch (cause) {
      throw new WorkerError(
        "INVALID_ARGUMENT",
        `cannot listen on the socket "${name ?? fd}" of the service manager: ${
          (cause as Error).message
        }; its unit is to say ListenStream= with a port`,
        { cause },
      );
    }
  });
}

function fromServer(descriptors: string): readonly ListeningSocket[] {
  if (!/^\d{1,6}(?:,\d{1,6})*$/.test(descriptors)) {
    throw nonsense([SOCKETS, descriptors], "it is no list of descriptors");
  }
  try {
    return descriptors.split(",").map(Number)
      .map((fd) => ListeningSocket.adopt(fd));
  } catch (cause) {
    throw nonsense([SOCKETS, descriptors], (cause as Error).message);
  }
}

function adminSocket(descriptor: string): UnixListeningSocket {
  const fd = numberIn(ADMIN, descriptor);
  try {
    return UnixListeningSocket.adopt(fd);
  } catch (cause) {
    throw nonsense([ADMIN, descriptor], (cause as Error).message);
  }
}

/** What a server hands down, see {@linkcode Inheritance}; the sockets by their descriptors. */
export interface Legacy {
  admin?: number | null;
  aliveMs?: number | null;
  replaces: boolean;
}

/** The environment that hands down descriptors; {@linkcode takeInheritance} reads it. */
export function inheritanceVariables(
  fds: readonly number[],
  { admin = null, aliveMs = null, replaces }: Legacy,
): Record<string, string> {
  return {
    ...fds.length > 0 && { [SOCKETS]: fds.join(",") },
    ...admin !== null && { [ADMIN]: String(admin) },
    ...aliveMs !== null && { [ALIVE]: String(Math.ceil(aliveMs)) },
    ...replaces && { [REPLACES]: "1" },
  };
}

function take(name: string): string | undefined {
  const value = Deno.env.get(name);
  if (value !== undefined) Deno.env.delete(name);
  return value;
}

function numberIn(name: string, value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw nonsense([name, value], "it is no number");
}

function nonsense(
  [name, value]: readonly [name: string, value: string],
  reason: string,
): WorkerError {
  return new WorkerError(
    "INVALID_ARGUMENT",
    `cannot take over ${name} "${value}": ${reason}; the variable is for servers that start one another: unset it`,
  );
}
