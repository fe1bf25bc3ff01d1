import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  IncomingHttpStatusHeader,
} from "node:http2";
import { WorkerError } from "../api/errors.ts";
import { CANCEL } from "./http2_codes.ts";
import { sendBody } from "./send_body.ts";
import type { SocketBacklog } from "../http/listener/socket_backlog.ts";
import { TunnelBody } from "./tunnel_body.ts";

/** A request to a node. */
export interface TunnelRequest {
  method: string;
  /** Path and query. */
  path: string;
  /** In lower case, without those of one hop only (RFC 9113, 8.2.2). */
  headers: Readonly<Record<string, string | string[]>>;
  /** @default {null} */
  body?: AsyncIterable<Uint8Array> | null;
  /** Gives up: before the answer `request` rejects with its reason, later the body is cut. */
  signal?: AbortSignal;
}

/** The answer of a node. */
export interface TunnelResponse {
  status: number;
  headers: Record<string, string | string[]>;
  body: TunnelBody;
}

/** What a request goes over. */
export interface TunnelWay {
  session: ClientHttp2Session;
  backlog: SocketBacklog;
  /** How errors call it, as in `the tunnel to node "web-1"`. */
  way: string;
  /** How errors call who answers, as in `node "web-1"`. */
  peer: string;
  /** Called when nothing of the request is left; more than once does no harm. */
  onClose(): void;
}

/**
 * Asks the peer at the other end.
 *
 * @throws the signal's reason, or `UNAVAILABLE` when no answer came.
 */
export async function tunnelRequest(
  way: TunnelWay,
  request: TunnelRequest,
): Promise<TunnelResponse> {
  const { method, path, headers, body = null, signal } = request;
  // The runtime hands on what it gets, whether the peer reads or not.
  await way.backlog.drained();
  if (signal?.aborted) {
    way.onClose();
    throw signal.reason;
  }
  const stream = open(way, {
    head: { ":method": method, ":path": path, ...headers },
    endStream: body === null,
  });
  const answered = Promise.withResolvers<
    IncomingHttpHeaders & IncomingHttpStatusHeader
  >();
  let cause: unknown;
  let isAnswered = false;
  const abort = () => stream.close(CANCEL);
  signal?.addEventListener("abort", abort);
  stream.on("error", (error) => {
    cause = error;
    // An error alone is not always the end of it.
    if (!stream.destroyed) stream.destroy();
  });
  stream.once("response", (head) => {
    isAnswered = true;
    answered.resolve(head);
  });
  stream.once("close", () => {
    signal?.removeEventListener("abort", abort);
    if (!isAnswered) {
      answered.reject(signal?.aborted ? signal.reason : broken(way.way, cause));
    }
    way.onClose();
  });
  const tunnelBody = new TunnelBody(stream, way.peer);
  if (body) void sendBody(stream, body, way.backlog);
  const { ":status": status, ...fields } = await answered.promise;
  return {
    status: Number(status),
    headers: plain(fields),
    body: tunnelBody,
  };
}

function open(
  { session, way, onClose }: TunnelWay,
  { head, endStream }: {
    head: Record<string, string | string[]>;
    endStream: boolean;
  },
): ClientHttp2Stream {
  try {
    return session.request(head, { endStream });
  } catch (cause) {
    onClose();
    throw broken(way, cause);
  }
}

function broken(way: string, cause: unknown): WorkerError {
  return new WorkerError(
    "UNAVAILABLE",
    `${way} broke before it answered: ask again`,
    { cause },
  );
}

function plain(
  headers: Record<string, string | string[] | number | undefined>,
): Record<string, string | string[]> {
  const all: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue;
    all[name] = typeof value === "number" ? String(value) : value;
  }
  return all;
}
