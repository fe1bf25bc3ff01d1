import type { TlsConnection } from "../listener/tls_connection.ts";

/** A CONNECT of HTTP/1.1 (RFC 9110, 9.3.6): from then on the connection is a stream of bytes. */
export interface ConnectRequest {
  connection: TlsConnection;
  /** What was asked for, as it came: `host:port` when it is well-formed. */
  target: string;
  /** Bytes that came with the request and belong to the stream. */
  head: Uint8Array;
}
