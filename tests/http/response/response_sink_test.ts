import { deepEqual, ok } from "node:assert/strict";
import { setImmediate as soon } from "node:timers/promises";
import { ResponseSink } from "../../../lib/http/response/response_sink.ts";
import { newApp } from "../../../lib/http/new_app.ts";
import { requestListener } from "../../../lib/http/request_listener.ts";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { TlsListener } from "../../../lib/http/listener/listener.ts";
import { ListeningSocket } from "../../../lib/linux/listening_socket.ts";
import { credentials } from "../../helpers/listener.ts";
import { verifierOf } from "../../helpers/tls.ts";

/** Each is tried so often: what goes wrong does so by chance. */
const TIMES = 25;

const BODIES: Record<string, string[]> = {
  "/one": ["a piece"],
  "/two": ["a ", "piece"],
  "/none": [],
  "/large": ["x".repeat(300_000), "y"],
};

/** Answers with the bodies, their length announced or not, and asks on new connections. */
class Server implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  #connect!: () => Promise<Deno.TlsConn>;

  static async start({ announced }: { announced: boolean }): Promise<Server> {
    const started = new Server();
    const { ca, server, client } = await credentials();
    const app = newApp();
    for (const [path, pieces] of Object.entries(BODIES)) {
      app.get(path, (c) => {
        const length = String(pieces.join("").length);
        const sink = new ResponseSink(
          c,
          announced ? { "content-length": length } : {},
        );
        sink.pump(async () => {
          await soon();
          for (const piece of pieces) sink.write(piece);
          await soon();
        });
        return RESPONSE_ALREADY_SENT;
      });
    }
    const socket = started.#stack.use(
      ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 }),
    );
    const listener = started.#stack.use(
      await TlsListener.listen({
        sockets: [socket],
        ...{ ...server, ca, verify: verifierOf(ca) },
        recheck: () => {},
        handler: requestListener(app),
      }),
    );
    const { port } = listener.addresses[0]!;
    started.#connect = () =>
      Deno.connectTls({
        ...{ hostname: "localhost", port, caCerts: [ca], ...client },
      });
    return started;
  }

  /** What comes after the first head, until the connection ends. */
  async ask(request: string): Promise<string> {
    using tls = await this.#connect();
    await tls.write(new TextEncoder().encode(request));
    const text = await within(new Response(tls.readable).text());
    return text.slice(text.indexOf("\r\n\r\n") + 4);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

Deno.test("pump() ends an HTTP/1 answer without chunks, and the connection after it", async () => {
  await using server = await Server.start({ announced: false });
  for (const [path, pieces] of Object.entries(BODIES)) {
    const request = `GET ${path} HTTP/1.0\r\nhost: localhost\r\n\r\n`;
    const answers = await Promise.all(
      Array.from({ length: TIMES }, () => server.ask(request)),
    );
    deepEqual(new Set(answers), new Set([pieces.join("")]), path);
  }
});

Deno.test("pump() ends an answer of announced length, so that the next request is answered", async () => {
  await using server = await Server.start({ announced: true });
  for (const [path, pieces] of Object.entries(BODIES)) {
    const head = `GET ${path} HTTP/1.1\r\nhost: localhost\r\n`;
    const both = `${head}\r\n${head}connection: close\r\n\r\n`;
    const answers = await Promise.all(
      Array.from({ length: TIMES }, () => server.ask(both)),
    );
    const body = pieces.join("");
    for (const answer of answers) {
      ok(answer.startsWith(`${body}HTTP/1.1 200`), path);
      ok(answer.endsWith(`\r\n\r\n${body}`), path);
    }
  }
});

/** Rejects when it takes too long. */
async function within<T>(promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error("the answer did not end")),
    10_000,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
