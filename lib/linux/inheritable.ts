import { closeDescriptor } from "./descriptor.ts";
import { libc } from "./libc.ts";
import { checked } from "./linux_error.ts";

const F_DUPFD = 0;

/** Standard input, output and error are nobody's to take. */
const FIRST = 3;

/** A descriptor that is closed when it is disposed. */
export interface InheritableDescriptor extends Disposable {
  readonly fd: number;
}

/**
 * A second descriptor of what `fd` is. Programs that this process starts inherit it under the same
 * number: dispose it in the same turn of the event loop, as soon as the one that is meant is started.
 *
 * @throws {LinuxError}
 */
export function inheritable(fd: number): InheritableDescriptor {
  const copy = checked(
    libc.fcntl(fd, F_DUPFD, FIRST),
    `cannot duplicate the descriptor ${fd}`,
  );
  return { fd: copy, [Symbol.dispose]: () => closeDescriptor(copy) };
}
