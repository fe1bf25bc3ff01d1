/**
 * The client: `JobService` over HTTPS.
 *
 * - A {@linkcode Transport} carries one request to one server; {@linkcode TlsTransport} does it over
 *   mutual TLS, to the first of several addresses that answers. Anything else that can `fetch` a path
 *   (a unix socket, a tunnel) fits as well; {@linkcode NodeTransport} asks a node behind a proxy.
 * - {@linkcode JobClient} speaks the wire of `lib/api` over a transport. What the server refuses
 *   rejects with the server's own `WorkerError`; a connection that fails rejects with
 *   `UNAVAILABLE` (or `UNAUTHENTICATED` when TLS wanted another certificate).
 * - {@linkcode followOutput} reads output to its `end` record through broken connections: it
 *   resumes by offset, hands over each byte once, and checks the totals.
 *
 * Nothing here loads server code or schemas: the start-up time of the command line counts.
 */
export type { Transport, TransportRequest } from "./transport.ts";
export type { TlsCredentials } from "./tls_credentials.ts";
export { TlsTransport, type TlsTransportOptions } from "./tls_transport.ts";
export { UnixTransport } from "./unix_transport.ts";
export { NodeTransport } from "./node_transport.ts";
export { connectionError } from "./connection_error.ts";
export {
  JobClient,
  type JobClientOptions,
  type OutputFormat,
  type RunOptions,
  type StartKey,
} from "./job_client.ts";
export { BodyReader } from "./body_reader.ts";
export {
  type FollowOptions,
  followOutput,
  type FollowReader,
} from "./follow.ts";
export { FrameReader, type OutputPiece } from "./frame_reader.ts";
export { NdjsonReader } from "./ndjson_reader.ts";
export { Patience, type PatienceOptions } from "./patience.ts";
export { waitForEnd } from "./wait_for_end.ts";
export { warmUpTls } from "./warm_up.ts";
