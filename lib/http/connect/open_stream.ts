import { STREAM_PATH } from "../../api/tunnel_protocol.ts";
import { encodeForwarded, FORWARDED } from "../forwarding/forwarded.ts";
import type { PassOn } from "../forwarding/node_router.ts";
import type { ConnectRequest } from "./connect_request.ts";
import { type Accept, handOver } from "./hand_over.ts";
import { pump, writeTo } from "./pump.ts";
import { readProblem } from "./read_problem.ts";
import { SocketSource } from "./socket_source.ts";

/** Carries the bytes of a stream both ways until the node has ended it; rejects when it was cut. */
export type Carry = () => Promise<void>;

/** A client whose way to a node is being opened. */
export interface StreamClient extends Pick<ConnectRequest, "connection"> {
  /** What it sends. */
  source: SocketSource;
}

/** A stream to this very daemon: to its own listener, through a pair of sockets. */
export function openLocalStream(
  { connection: { socket, remoteAddress }, source }: StreamClient,
  accept: Accept,
): Carry {
  const ours = handOver(accept, remoteAddress);
  return async () => {
    // Rejects when the client was cut off; then so is the listener's connection, and the other way.
    pump(source, ours).catch(() => ours.destroy());
    try {
      await pump(new SocketSource(ours), socket);
    } finally {
      ours.destroy();
    }
  };
}

/**
 * A stream to another daemon: a request whose body is what the client sends.
 *
 * @param signal Gives up, and later cuts the stream.
 * @throws {WorkerError} what the node says, or the signal's reason.
 */
export async function openRemoteStream(
  { connection: { socket, remoteAddress }, source }: StreamClient,
  { request, signal }: { request: PassOn; signal: AbortSignal },
): Promise<Carry> {
  const { status, body } = await request({
    method: "POST",
    path: STREAM_PATH,
    headers: { [FORWARDED]: encodeForwarded(remoteAddress) },
    body: source,
    signal,
  });
  if (status !== 200) throw await readProblem({ status, body });
  return async () => {
    await body.pass((bytes) => writeTo(socket, bytes));
    // Whatever the client goes on to send: nobody at the node reads it.
    body.cancel();
    socket.end();
  };
}
