import type { ServerResponse } from "node:http";
import { WorkerError } from "../../lib/api/errors.ts";
import { connectionOf } from "../../lib/http/connection.ts";
import type {
  Incoming,
  Outgoing,
} from "../../lib/http/listener/listener_options.ts";
import { sendProblem } from "../../lib/http/response/send_problem.ts";

const CHUNK = new Uint8Array(64 * 1024);

/**
 * What a server of tests answers to a user: who asks, from where, over which protocol. `/bytes?n=` is
 * so many bytes, `/upload` counts what it is sent, `/hang` no answer.
 */
export async function servedAnswer(
  incoming: Incoming,
  either: Outgoing,
): Promise<void> {
  const outgoing = either as ServerResponse;
  const connection = connectionOf(incoming);
  try {
    const { name, kind } = connection.identity();
    const { remoteAddress, protocol } = connection;
    const url = new URL(incoming.url ?? "/", "https://localhost");
    if (url.pathname === "/hang") return;
    if (url.pathname === "/upload") {
      let received = 0;
      for await (const bytes of incoming) received += bytes.length;
      return void outgoing.end(String(received));
    }
    if (url.pathname !== "/bytes") {
      return void outgoing.end(
        JSON.stringify({ name, kind, remoteAddress, protocol }),
      );
    }
    let left = Number(url.searchParams.get("n"));
    while (left > 0 && !outgoing.destroyed && !connection.closed) {
      const bytes = CHUNK.subarray(0, Math.min(left, CHUNK.length));
      if (!outgoing.write(bytes)) await room(outgoing);
      await connection.drained();
      left -= bytes.length;
    }
    outgoing.end();
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    sendProblem(either, error);
  }
}

async function room(outgoing: ServerResponse): Promise<void> {
  const released = Promise.withResolvers<void>();
  outgoing.once("drain", released.resolve).once("close", released.resolve);
  await released.promise;
  outgoing.off("drain", released.resolve).off("close", released.resolve);
}
