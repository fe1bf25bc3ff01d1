import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Identity } from "../../../certs/identity.ts";
import type { ListeningSocket } from "../../linux/listening_socket.ts";
import type { ConnectRequest } from "../connect/connect_request.ts";
import type { ListenerEvent } from "./listener_event.ts";
import type { ListenerLimits } from "./listener_limits.ts";
import type { TlsConnection } from "./tls_connection.ts";

/** A request of either protocol, as `node:http` and the `node:http2` compatibility layer show it. */
export type Incoming = IncomingMessage | Http2ServerRequest;

/** The response to an {@linkcode Incoming}. */
export type Outgoing = ServerResponse | Http2ServerResponse;

/** A certificate with its key, and the authorities whose clients are asked for. PEM texts. */
export interface ListenerCertificate {
  key: string;
  cert: string;
  /** One or more certificates. A hint for clients: what is accepted is up to `verify`. */
  ca: string;
}

/** How {@linkcode TlsListener.listen} listens. */
export interface TlsListenerOptions extends ListenerCertificate {
  /** Where it listens. They stay their owner's, who closes them after the listener. */
  sockets: readonly ListeningSocket[];
  /**
   * Reads and verifies a client certificate (DER), once a connection. Throws an error whose
   * message says what is wrong with it.
   */
  verify(rawDer: Uint8Array): Identity;
  /** Refuses an identity that expired or was revoked since; cheap, called for each request. */
  recheck(identity: Identity): void;
  /** Answers requests. What it throws ends in a 500. */
  handler(incoming: Incoming, outgoing: Outgoing): unknown;
  /**
   * Takes over a connection whose peer asked for `worker-tunnel/1`, whatever certificate it
   * showed: its bytes, its end, its `finish`. The protocol is offered only when this is given.
   */
  tunnel?: (connection: TlsConnection) => void;
  /** Takes over a connection whose peer sent a CONNECT. Without it they are refused. */
  connect?: (request: ConnectRequest) => void;
  /** @default {DEFAULT_LISTENER_LIMITS} */
  limits?: Partial<ListenerLimits>;
  log?: (event: ListenerEvent) => void;
}
