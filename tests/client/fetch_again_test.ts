import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { WorkerError } from "../../lib/api/errors.ts";
import { connectionError } from "../../lib/client/connection_error.ts";
import { fetchAgain } from "../../lib/client/fetch_again.ts";
import { TlsTransport } from "../../lib/client/tls_transport.ts";
import type { TransportRequest } from "../../lib/client/transport.ts";
import { TlsListener } from "../../lib/http/listener/listener.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";
import { credentials } from "../helpers/listener.ts";
import { verifierOf } from "../helpers/tls.ts";

const REFUSED = "client error (Connect): tcp connect error: Connection refused";
const HANDSHAKE_CUT =
  "client error (Connect): Connection reset by peer (os error 104)";
const IN_GOOD_ORDER = "connection closed before message completed";
const CUT = "peer closed connection without sending TLS close_notify";
const STREAM: TransportRequest = { method: "POST", body: new ReadableStream() };

const BUSY = "busy";
const OK = "ok";

/** What comes of a request whose attempts end one after the other as `outcomes` says. */
async function attempts(
  outcomes: string[],
  request: TransportRequest,
): Promise<{ sent: number; status: number | null }> {
  let sent = 0;
  const answer = () => {
    const outcome = outcomes[sent++] ?? OK;
    if (outcome === OK) return Promise.resolve(new Response("{}"));
    if (outcome === BUSY) {
      const busy = new WorkerError("UNAVAILABLE", "busy").toProblem();
      return Promise.resolve(
        Response.json(busy, { status: 503, headers: { "retry-after": "0" } }),
      );
    }
    const cause = new TypeError("fetch failed", { cause: new Error(outcome) });
    return Promise.reject(connectionError(cause, "localhost:7443"));
  };
  try {
    const response = await fetchAgain(answer, request, { step: 0 });
    return { sent, status: response.status };
  } catch (error) {
    ok(error instanceof WorkerError);
    return { sent, status: null };
  }
}

Deno.test("fetchAgain() sends again exactly what is safe to send again", async (t) => {
  const get: TransportRequest = {};
  const post: TransportRequest = { method: "POST", body: "{}" };
  const stop: TransportRequest = { ...post, repeatable: true };
  const cases: [string, string[], TransportRequest, number, number | null][] = [
    ["nobody answers", [REFUSED], get, 1, null],
    ["a GET was cut", [CUT], get, 2, 200],
    [
      "a GET was cut, and nobody was there for a moment",
      [
        CUT,
        REFUSED,
        REFUSED,
      ],
      get,
      4,
      200,
    ],
    [
      "a GET is cut again and again",
      [CUT, CUT, CUT, CUT, CUT, CUT],
      get,
      5,
      null,
    ],
    ["a POST was cut", [CUT], post, 1, null],
    ["a POST whose handshake was cut", [HANDSHAKE_CUT], post, 2, 200],
    ["a POST came too late", [IN_GOOD_ORDER], post, 2, 200],
    ["a POST came too late, then was cut", [IN_GOOD_ORDER, CUT], post, 2, null],
    ["a POST that does no harm was cut", [CUT], stop, 2, 200],
    ["a wait was broken off", [BUSY, BUSY], get, 3, 200],
    ["a stop was broken off", [BUSY], stop, 2, 200],
    ["a stream came too late", [IN_GOOD_ORDER], STREAM, 1, null],
    [
      "the certificate is not good",
      ["fatal alert: CertificateRevoked"],
      get,
      1,
      null,
    ],
  ];
  for (const [name, outcomes, request, sent, status] of cases) {
    await t.step(name, async () => {
      deepEqual(await attempts(outcomes, request), { sent, status });
    });
  }
});

Deno.test("fetchAgain() gives up when its signal aborts", async () => {
  const gone = new AbortController();
  const refused = rejects(
    fetchAgain(() => {
      gone.abort(new Error("gone"));
      const cause = new Error(CUT);
      return Promise.reject(connectionError(cause, "localhost:7443"));
    }, { signal: gone.signal }),
    /gone/,
  );
  await refused;
});

Deno.test("TlsTransport does each request once when servers hand over to each other under load", async () => {
  const from = await credentials();
  using socket = ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 });
  const seen = new Map<string, number>();
  const serve = () =>
    TlsListener.listen({
      sockets: [socket],
      ...from.server,
      ca: from.ca,
      verify: verifierOf(from.ca),
      recheck: () => {},
      handler: async (incoming, outgoing) => {
        let body = "";
        for await (const chunk of incoming) body += chunk;
        seen.set(body, (seen.get(body) ?? 0) + 1);
        (outgoing as ServerResponse).end(body);
      },
    });
  let over = false;
  const sent: string[] = [];
  const client = async (name: string) => {
    using transport = new TlsTransport({
      address: `localhost:${socket.address.port}`,
      cacert: from.ca,
      ...from.client,
    });
    for (let i = 0; !over; i++) {
      const body = `${name} ${i}`;
      const response = await transport.fetch("/", { method: "POST", body });
      equal(await response.text(), body);
      sent.push(body);
    }
  };
  let listener = await serve();
  const clients = ["a", "b", "c", "d"].map(client);
  for (let round = 0; round < 30; round++) {
    const next = await serve();
    const before = sent.length;
    await listener.close();
    listener = next;
    while (sent.length < before + 20) await new Promise((r) => setTimeout(r));
  }
  over = true;
  await Promise.all(clients);
  await listener.close();
  equal(seen.size, sent.length);
  for (const body of sent) equal(seen.get(body), 1, body);
});
