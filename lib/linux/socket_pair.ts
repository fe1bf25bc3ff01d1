import { Socket } from "node:net";
import { closeDescriptor } from "./descriptor.ts";
import { O_CLOEXEC, O_NONBLOCK } from "./libc.ts";
import { checked } from "./linux_error.ts";
import { AF_UNIX } from "./unix_address.ts";

const libc = Deno.dlopen("libc.so.6", {
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
}).symbols;

const SOCK_STREAM = 1;

/**
 * Two sockets that are connected to each other, within this process: socketpair(2). Nobody else can
 * connect to either, because there is no address to connect to.
 *
 * Each ends its own half when the other end has ended, unless `allowHalfOpen` is set on it.
 *
 * @throws {LinuxError} e.g. when this process has too many open files
 */
export function socketPair(): [Socket, Socket] {
  const fds = new Int32Array(2);
  checked(
    libc.socketpair(AF_UNIX, SOCK_STREAM | O_CLOEXEC | O_NONBLOCK, 0, fds),
    "cannot make a pair of sockets",
  );
  const [one, other] = fds as unknown as [number, number];
  let first: Socket;
  try {
    first = new Socket({ fd: one });
  } catch (error) {
    closeDescriptor(one);
    closeDescriptor(other);
    throw error;
  }
  try {
    return [first, new Socket({ fd: other })];
  } catch (error) {
    first.destroy();
    closeDescriptor(other);
    throw error;
  }
}
