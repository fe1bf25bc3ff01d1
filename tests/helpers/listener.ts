/** A real listener with a handler that does what tests of the transport need. */
import { setTimeout as delay } from "node:timers/promises";
import type { ServerResponse } from "node:http";
import { WorkerError } from "../../lib/api/errors.ts";
import type { Connection } from "../../lib/http/connection.ts";
import { connectionOf } from "../../lib/http/connection.ts";
import { TlsListener } from "../../lib/http/listener/listener.ts";
import type { ListenerEvent } from "../../lib/http/listener/listener_event.ts";
import type { ListenerLimits } from "../../lib/http/listener/listener_limits.ts";
import type {
  Incoming,
  Outgoing,
} from "../../lib/http/listener/listener_options.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";
import type { Identity } from "../../certs/identity.ts";
import { type PemPair, TestCa, verifierOf } from "./tls.ts";

const CHUNK = new Uint8Array(64 * 1024);

/** What to change of the listener under test. */
export interface TestListenerOptions {
  limits?: Partial<ListenerLimits>;
  recheck?: (identity: Identity) => void;
  /** Closed with the listener. @default one of a free port of 127.0.0.1 */
  socket?: ListeningSocket;
  /** Further ones, which stay open. */
  more?: ListeningSocket[];
}

/** Everything an attack needs to know about whom it attacks, and with what. */
export interface Credentials {
  /** The authority of the server and of {@linkcode client}. */
  ca: string;
  client: PemPair;
  /** From an authority that the server does not know, with the same subject. */
  evil: PemPair;
  expired: PemPair;
  server: PemPair;
}

/** Makes the certificates once in a process; they are the same for all its tests. */
export function credentials(): Promise<Credentials> {
  return made ??= makeCredentials();
}

let made: Promise<Credentials> | undefined;

async function makeCredentials(): Promise<Credentials> {
  const [ca, foreign] = await Promise.all([
    TestCa.create("test ca"),
    TestCa.create("foreign ca"),
  ]);
  const [server, client, evil, expired] = await Promise.all([
    ca.issue("server", { usage: "server" }),
    ca.issue("alice", { roles: ["admin"] }),
    foreign.issue("alice", { roles: ["admin"] }),
    ca.issue("alice", { roles: ["admin"], days: -1 }),
  ]);
  return { ca: ca.cert, server, client, evil, expired };
}

/**
 * A listener on a free port of 127.0.0.1. Its routes: `/healthz`, `/whoami` (the identity, or the
 * problem), `/bytes?n=` and `/flood?n=` (that many bytes, the second without waiting for the
 * peer), `/hang` (no answer), `/upload` (counts the body), `/throw`, `/stats`.
 */
export class TestListener implements AsyncDisposable {
  readonly events: ListenerEvent[] = [];
  /** Requests to `/hang` that are open. */
  hanging = 0;
  /** The connection of the last request. */
  last: Connection | undefined;
  listener!: TlsListener;
  socket!: ListeningSocket;

  static async listen(
    from: Credentials,
    options: TestListenerOptions = {},
  ): Promise<TestListener> {
    const test = new TestListener();
    test.socket = options.socket ??
      ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 });
    test.listener = await TlsListener.listen({
      sockets: [test.socket, ...options.more ?? []],
      key: from.server.key,
      cert: from.server.cert,
      ca: from.ca,
      verify: verifierOf(from.ca),
      recheck: options.recheck ?? (() => {}),
      handler: (incoming, outgoing) => test.#answer(incoming, outgoing),
      log: (event) => test.events.push(event),
      ...(options.limits && { limits: options.limits }),
    });
    return test;
  }

  get port(): number {
    return this.socket.address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener[Symbol.asyncDispose]();
    this.socket[Symbol.dispose]();
  }

  async #answer(incoming: Incoming, either: Outgoing): Promise<void> {
    const outgoing = either as ServerResponse;
    const connection = connectionOf(incoming);
    this.last = connection;
    const url = new URL(incoming.url ?? "/", "https://localhost");
    const bytes = Number(url.searchParams.get("n"));
    switch (url.pathname) {
      case "/healthz":
        return void outgoing.end("ok\n");
      case "/v1/jobs":
      case "/whoami":
        return whoami(connection, outgoing);
      case "/bytes":
        return await send(connection, { outgoing, bytes });
      case "/flood":
        for (let sent = 0; sent < bytes; sent += CHUNK.length) {
          if (connection.closed || outgoing.destroyed) return;
          outgoing.write(CHUNK);
          await delay(0);
        }
        return void outgoing.end();
      case "/hang":
        this.hanging++;
        outgoing.once("close", () => this.hanging--);
        return;
      case "/upload": {
        let received = 0;
        for await (const chunk of incoming) received += chunk.length;
        return void outgoing.end(String(received));
      }
      case "/throw":
        throw new Error("thrown by the handler");
      case "/stats":
        return void outgoing.end(JSON.stringify({
          pid: Deno.pid,
          rss: Deno.memoryUsage().rss,
          connections: this.listener.connections,
          hanging: this.hanging,
        }));
      default:
        outgoing.statusCode = 404;
        outgoing.end();
    }
  }
}

/** Writes `bytes` bytes at the pace of the peer, as a route must. */
async function send(
  connection: Connection,
  { outgoing, bytes }: { outgoing: ServerResponse; bytes: number },
): Promise<void> {
  for (let sent = 0; sent < bytes; sent += CHUNK.length) {
    await connection.drained();
    if (connection.closed || outgoing.destroyed) return;
    const piece = CHUNK.subarray(0, Math.min(CHUNK.length, bytes - sent));
    if (outgoing.write(piece)) continue;
    const released = Promise.withResolvers<void>();
    outgoing.once("drain", released.resolve).once("close", released.resolve);
    await released.promise;
    outgoing.off("drain", released.resolve).off("close", released.resolve);
  }
  outgoing.end();
}

function whoami(connection: Connection, outgoing: ServerResponse): void {
  try {
    outgoing.end(JSON.stringify(connection.identity()));
  } catch (error) {
    if (!(error instanceof WorkerError)) throw error;
    outgoing.statusCode = error.status;
    outgoing.end(JSON.stringify(error.toProblem()));
  }
}
