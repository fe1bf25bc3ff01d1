import type { Http2ServerResponse } from "node:http2";
import { WorkerError } from "../../api/errors.ts";
import { sendRawProblem } from "../response/raw_problem.ts";
import { sendProblem } from "../response/send_problem.ts";
import { closeGently } from "./close_gently.ts";
import type { ConnectRequest } from "./connect_request.ts";

/** Answers a CONNECT with a problem, and ends its connection. */
export function refuseConnect(
  { connection: { socket } }: Pick<ConnectRequest, "connection">,
  error: WorkerError = new WorkerError(
    "UNSUPPORTED",
    "this server opens no streams to nodes: send CONNECT to a proxy",
  ),
): void {
  if (!socket.writable) return void socket.destroy();
  sendRawProblem(socket, error);
  closeGently(socket);
}

/** Answers a CONNECT of HTTP/2. */
export function refuseHttp2Connect(outgoing: Http2ServerResponse): void {
  outgoing.on("error", () => {});
  sendProblem(
    outgoing,
    new WorkerError(
      "UNSUPPORTED",
      "streams to nodes are opened over HTTP/1.1: send CONNECT without the protocol h2",
    ),
  );
}
