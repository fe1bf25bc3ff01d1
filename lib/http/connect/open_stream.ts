import type { Socket } from "node:net";
import { WorkerError } from "../../api/errors.ts";
import { STREAM_PATH } from "../../api/tunnel_protocol.ts";
import type { Clock } from "../../clock.ts";
import { socketPair } from "../../linux/socket_pair.ts";
import { encodeForwarded, FORWARDED } from "../forwarded.ts";
import type { NodeRoute } from "../node_router.ts";
import type { ConnectRequest } from "./connect_request.ts";
import { pump, writeTo } from "./pump.ts";
import { readProblem } from "./read_problem.ts";
import { SocketSource } from "./socket_source.ts";

/** Carries the bytes of a stream both ways until the node has ended it; rejects when it was cut. */
export type Carry = () => Promise<void>;

/** A stream to this very daemon: to its own listener, through a pair of sockets. */
export function openLocalStream(
  { connection: { socket, remoteAddress }, head }: ConnectRequest,
  accept: (socket: Socket, from: { remoteAddress: string }) => void,
): Carry {
  const [ours, theirs] = socketPair();
  ours.on("error", () => {});
  accept(theirs, { remoteAddress });
  return async () => {
    // Rejects when the client was cut off; then so is the listener's connection, and the other way.
    pump(new SocketSource(socket, head), ours).catch(() => ours.destroy());
    try {
      await pump(new SocketSource(ours), socket);
    } finally {
      ours.destroy();
    }
  };
}

/** How {@linkcode openRemoteStream} opens one. */
export interface OpenRemoteOptions {
  /** Until the node must have answered, ms. */
  timeoutMs: number;
  clock: Clock;
}

/**
 * A stream to another daemon: a request whose body is what the client sends.
 *
 * @throws {WorkerError} what the node says, or `UNAVAILABLE` when it says nothing in time.
 */
export async function openRemoteStream(
  { connection: { socket, remoteAddress }, head }: ConnectRequest,
  route: NodeRoute & { type: "peer" },
  { timeoutMs, clock }: OpenRemoteOptions,
): Promise<Carry> {
  const over = new AbortController();
  socket.once("close", () => over.abort(new Error("the client has gone")));
  const cancel = clock.after(timeoutMs, () => {
    over.abort(
      new WorkerError(
        "UNAVAILABLE",
        `node "${route.node}" opened no stream within ${timeoutMs} ms: try again`,
      ),
    );
  });
  try {
    const { status, body } = await route.request({
      method: "POST",
      path: STREAM_PATH,
      headers: { [FORWARDED]: encodeForwarded(remoteAddress) },
      body: new SocketSource(socket, head),
      signal: over.signal,
    });
    if (status !== 200) throw await readProblem({ status, body });
    return async () => {
      await body.pass((bytes) => writeTo(socket, bytes));
      // Whatever the client goes on to send: nobody at the node reads it.
      body.cancel();
    };
  } finally {
    cancel();
  }
}
