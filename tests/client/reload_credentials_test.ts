import { equal, rejects } from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import {
  type TlsCredentials,
  TlsTransport,
  type TransportRequest,
} from "../../lib/client/mod.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { makeCertificates } from "./certificates.ts";
import { serveFixture } from "./fixture_server.ts";

const certificates = await makeCertificates();
const others = await makeCertificates();
const renewed = await certificates.issue("renewed");
Deno.test.afterAll(async () => {
  await certificates[Symbol.asyncDispose]();
  await others[Symbol.asyncDispose]();
});

const FIRST = { cacert: certificates.ca, ...certificates.alice };
const SECOND = { cacert: certificates.ca, ...renewed };

/** Tells who asks; 401 for whoever was let in until `refused` said their name. */
function answering(refused: Set<string>) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    const name = String(subject.CN);
    response.statusCode = refused.has(name) ? 401 : 200;
    request.resume().on("end", () => response.end(name));
  };
}

function refusingAlice() {
  return serveFixture(certificates, answering(new Set(["alice"])));
}

/** A transport that starts with `FIRST` and counts how often it reads again. */
function reloading(address: string, reload: () => Promise<TlsCredentials>) {
  const counted = {
    reloads: 0,
    transport: new TlsTransport({
      address,
      ...FIRST,
      reload: () => {
        counted.reloads++;
        return reload();
      },
    }),
    async ask(request?: TransportRequest) {
      const response = await counted.transport.fetch("/", request);
      return { status: response.status, text: await response.text() };
    },
    [Symbol.dispose]: () => counted.transport[Symbol.dispose](),
  };
  return counted;
}

Deno.test("fetch() goes on with the certificate that is there by now when its own is refused", async () => {
  const refused = new Set<string>();
  await using server = await serveFixture(certificates, answering(refused));
  using client = reloading(server.address, () => Promise.resolve(SECOND));
  equal((await client.ask()).text, "alice");
  refused.add("alice");
  const request = { method: "POST", body: "what surely is not done twice" };
  equal((await client.ask(request)).text, "renewed");
  equal((await client.ask()).text, "renewed");
  equal(client.reloads, 1);
  equal(server.requests.length, 4);
});

Deno.test("fetch() goes on with the authority that is there by now when the server has another one", async () => {
  await using server = await serveFixture(others, answering(new Set()));
  using client = reloading(
    server.address,
    () => Promise.resolve({ cacert: others.ca, ...others.alice }),
  );
  equal((await client.ask()).text, "alice");
  equal(client.reloads, 1);
});

Deno.test("fetch() tells a refusal once when the files say the same", async () => {
  await using server = await refusingAlice();
  using client = reloading(server.address, () => Promise.resolve(FIRST));
  equal((await client.ask()).status, 401);
  equal(server.requests.length, 1);
});

Deno.test("fetch() tells the refusal when the files can't be read or do not fit together", async () => {
  await using server = await refusingAlice();
  const unreadable = () => Promise.reject(new Error("no such file"));
  const halfWritten = () =>
    Promise.resolve({ ...SECOND, key: certificates.alice.key });
  for (const reload of [unreadable, halfWritten]) {
    using client = reloading(server.address, reload);
    equal((await client.ask()).status, 401);
    // What is whole by the next request is taken then.
    equal((await client.ask()).status, 401);
    equal(client.reloads, 2);
  }
  using foreign = new TlsTransport({
    address: server.address,
    ...FIRST,
    cacert: others.ca,
    reload: unreadable,
  });
  await rejects(foreign.fetch("/"), /not from the authority in --cacert/);
});

Deno.test("fetch() reads nothing again for other answers", async () => {
  await using server = await serveFixture(certificates, (_, response) => {
    response.statusCode = 403;
    response.end();
  });
  using client = reloading(server.address, () => Promise.resolve(SECOND));
  equal((await client.ask()).status, 403);
  server.cut();
  await server[Symbol.asyncDispose]();
  await rejects(client.ask(), { code: "UNAVAILABLE" });
  equal(client.reloads, 0);
});

Deno.test("fetch() sends a body that is a stream once", async () => {
  await using server = await refusingAlice();
  using client = reloading(server.address, () => Promise.resolve(SECOND));
  const body = new Blob(["input"]).stream();
  equal((await client.ask({ method: "POST", body })).status, 401);
  equal(server.requests.length, 1);
});

Deno.test("fetch() opens nothing when the transport is disposed while the files are read", async () => {
  await using server = await refusingAlice();
  const read = Promise.withResolvers<TlsCredentials>();
  const client = reloading(server.address, () => read.promise);
  const asked = client.ask();
  await waitFor("the files to be read", () => client.reloads === 1);
  client[Symbol.dispose]();
  read.resolve(SECOND);
  // Whether the refusal's body had come by then does not matter.
  await asked.catch(() => {});
  equal(server.requests.length, 1);
});

Deno.test("fetch() leaves what comes with the earlier certificate alone", async () => {
  const refused = new Set<string>();
  const answer = answering(refused);
  let rest: ServerResponse | undefined;
  await using server = await serveFixture(certificates, (request, response) => {
    if (request.url !== "/stream") return answer(request, response);
    response.write("first ");
    rest = response;
  });
  using client = reloading(server.address, () => Promise.resolve(SECOND));
  const stream = await client.transport.fetch("/stream");
  refused.add("alice");
  const texts = await Promise.all([client.ask(), client.ask(), client.ask()]);
  equal(texts.map(({ text }) => text).join(), "renewed,renewed,renewed");
  rest!.end("last");
  equal(await stream.text(), "first last");
});
