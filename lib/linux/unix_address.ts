import { cString } from "./libc.ts";

export const AF_UNIX = 1;

/** `sun_path` of `struct sockaddr_un`, see unix(7). */
const PATH_BYTES = 108;
const FAMILY_BYTES = 2;

/**
 * `struct sockaddr_un` of a path, or of `@name` in the abstract name space.
 *
 * @throws {TypeError} for a name that is empty or too long.
 */
export function encodeUnixAddress(name: string): Uint8Array<ArrayBuffer> {
  const abstract = name.startsWith("@");
  const path = abstract ? cString(name).subarray(0, -1) : cString(name);
  if (name.length < 2 || path.length > PATH_BYTES) {
    throw new TypeError(
      `"${name}" is not the name of a unix socket: a path or @name of 2 to ${
        PATH_BYTES - 1
      } bytes`,
    );
  }
  const address = new Uint8Array(FAMILY_BYTES + path.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(path, FAMILY_BYTES);
  if (abstract) address[FAMILY_BYTES] = 0;
  return address;
}
