import { WorkerError } from "../../api/errors.ts";

/** Where a CONNECT wants to go. */
export interface ConnectTarget {
  /** A node's name, id, host name or address; an IPv6 address without its brackets. */
  host: string;
  port: number;
}

const TARGET =
  /^(?:\[(?<ipv6>[0-9A-Fa-f:.]{2,45})\]|(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)):(?<port>[1-9][0-9]{0,4})$/;

/**
 * Reads `host:port`; there is no default port.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT`
 */
export function parseConnectTarget(text: string): ConnectTarget {
  const { ipv6, name, port } = TARGET.exec(text)?.groups ?? {};
  const host = ipv6 ?? name;
  if (host !== undefined && Number(port) < 65_536) {
    return { host, port: Number(port) };
  }
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `cannot connect to ${
      JSON.stringify(text.slice(0, 300))
    }: name a node and its port, for example "web-1:7443"`,
  );
}
