import { Buffer } from "node:buffer";
import { WorkerError } from "../../api/errors.ts";
import type { Connection } from "../connection.ts";
import { cutResponse } from "../response/cut_response.ts";
import { dropBody } from "../response/drop_body.ts";
import { FIELD_OVERHEAD_BYTES } from "./hpack_size.ts";
import type { Incoming, Outgoing } from "./listener_options.ts";
import { sendProblem } from "../response/send_problem.ts";
import { BACKLOG_HIGH_WATER } from "./socket_backlog.ts";

const TOO_LARGE = new WorkerError(
  "INVALID_ARGUMENT",
  "the header section of the request is too large",
);

const DEFECT = new WorkerError("INTERNAL", "the server failed to answer");

/** A connection that counts its requests. */
export interface ServedConnection extends Connection {
  /** Counts a request as open until the function it returns is called. */
  openRequest(): () => void;
}

/** A request with the connection that it came in on. */
export interface Exchange {
  connection: ServedConnection;
  incoming: Incoming;
  outgoing: Outgoing;
}

/** How {@linkcode dispatch} treats a request. */
export interface DispatchOptions {
  handler(incoming: Incoming, outgoing: Outgoing): unknown;
  maxHeaderBytes: number;
  /** Told what the handler threw; the peer gets a 500, or a reset when it is too late for that. */
  onError(error: unknown): void;
}

/** Hands a request to the handler once its connection has room for an answer. Never throws. */
export async function dispatch(
  { connection, incoming, outgoing }: Exchange,
  { handler, maxHeaderBytes, onError }: DispatchOptions,
): Promise<void> {
  // An 'error' that nobody listens to ends the process.
  incoming.on("error", () => {});
  outgoing.on("error", () => {});
  outgoing.once("close", connection.openRequest());
  dropBody(incoming, outgoing);
  try {
    if (headerBytes(incoming) > maxHeaderBytes) {
      return sendProblem(outgoing, TOO_LARGE, 431);
    }
    // A peer that asks and asks but never reads would otherwise fill the memory with answers.
    if (connection.backlog > BACKLOG_HIGH_WATER) await connection.drained();
    if (connection.closed) return;
    await handler(incoming, outgoing);
  } catch (error) {
    onError(error);
    if (outgoing.headersSent) cutResponse(outgoing);
    else sendProblem(outgoing, DEFECT);
  }
}

// nghttp2 takes up to 64 KiB. A lower limit in SETTINGS makes it reset the stream, and the client
// would not learn why.
function headerBytes({ rawHeaders }: Incoming): number {
  let bytes = 0;
  for (const text of rawHeaders) bytes += Buffer.byteLength(text);
  return bytes + FIELD_OVERHEAD_BYTES * (rawHeaders.length / 2);
}
