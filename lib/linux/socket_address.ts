import { cString } from "./libc.ts";

const libc = Deno.dlopen("libc.so.6", {
  inet_pton: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  inet_ntop: {
    parameters: ["i32", "buffer", "buffer", "u32"],
    result: "pointer",
  },
}).symbols;

export const AF_INET = 2;
export const AF_INET6 = 10;

/** Where a socket of the internet listens. */
export interface SocketAddress {
  /** An IP literal; IPv6 without brackets. */
  hostname: string;
  /** 0 before it listens: the kernel chooses one. */
  port: number;
}

/** `struct sockaddr_in` and `struct sockaddr_in6`: bytes up to the address, and in all. */
const LAYOUTS = {
  [AF_INET]: { addressAt: 4, addressBytes: 4, bytes: 16 },
  [AF_INET6]: { addressAt: 8, addressBytes: 16, bytes: 28 },
} as const;

/** The largest `struct sockaddr` that is read here. */
export const SOCKADDR_BYTES = LAYOUTS[AF_INET6].bytes;
const INET6_ADDRSTRLEN = 46;

/** An address as bind(2) takes it; null when the host name is not an IP literal. */
export function encodeSocketAddress(
  { hostname, port }: SocketAddress,
): { family: number; bytes: Uint8Array<ArrayBuffer> } | null {
  const family = hostname.includes(":") ? AF_INET6 : AF_INET;
  const { addressAt, addressBytes, bytes: size } = LAYOUTS[family];
  const address = new Uint8Array(addressBytes);
  if (libc.inet_pton(family, cString(hostname), address) !== 1) return null;
  const bytes = new Uint8Array(size);
  new Uint16Array(bytes.buffer, 0, 1)[0] = family;
  new DataView(bytes.buffer).setUint16(2, port);
  bytes.set(address, addressAt);
  return { family, bytes };
}

/** An address as getsockname(2) gave it; null when it is not one of the internet. */
export function decodeSocketAddress(
  bytes: Uint8Array<ArrayBuffer>,
): SocketAddress | null {
  const family = new Uint16Array(bytes.buffer, bytes.byteOffset, 1)[0];
  if (family !== AF_INET && family !== AF_INET6) return null;
  const { addressAt, addressBytes } = LAYOUTS[family];
  const text = new Uint8Array(INET6_ADDRSTRLEN);
  libc.inet_ntop(
    family,
    bytes.slice(addressAt, addressAt + addressBytes),
    text,
    text.length,
  );
  return {
    hostname: new TextDecoder().decode(text.subarray(0, text.indexOf(0))),
    port: new DataView(bytes.buffer, bytes.byteOffset).getUint16(2),
  };
}

/** `host:port` as people write it: an IPv6 address goes in brackets. */
export function formatSocketAddress({ hostname, port }: SocketAddress): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
