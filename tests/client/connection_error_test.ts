import { equal, match, rejects, throws } from "node:assert/strict";
import type { WorkerError } from "../../lib/api/errors.ts";
import { TlsTransport } from "../../lib/client/mod.ts";
import { makeCertificates, SERVER_EXTENSIONS } from "./certificates.ts";
import { serveFixture } from "./fixture_server.ts";

const certificates = await makeCertificates();
Deno.test.afterAll(async () => await certificates[Symbol.asyncDispose]());

const { ca: cacert, alice } = certificates;

const hello = (_: unknown, response: { end(text: string): void }) =>
  response.end("hello");

/** What a client with these files is told when it asks the server at `address`. */
async function refusal(
  address: string,
  files: { cacert?: string; cert?: string; key?: string } = {},
): Promise<WorkerError> {
  using transport = new TlsTransport({ address, cacert, ...alice, ...files });
  let told: WorkerError | undefined;
  await rejects(transport.fetch("/"), (error: WorkerError) => {
    told = error;
    return true;
  });
  equal(told!.message.includes("\n"), false, "one line");
  return told!;
}

Deno.test("fetch() says that the connection is refused when nothing listens", async () => {
  const server = await serveFixture(certificates, hello);
  await server[Symbol.asyncDispose]();
  const { code, message } = await refusal(server.address);
  equal(code, "UNAVAILABLE");
  match(
    message,
    /^cannot reach "localhost:\d+": connection refused: is `worker serve`/,
  );
});

Deno.test("fetch() says that the name does not resolve when it does not", async () => {
  const { code, message } = await refusal("no-such-host.invalid:7443");
  equal(code, "UNAVAILABLE");
  match(message, /the host name does not resolve: check --addr/);
});

Deno.test("fetch() names --cacert when the server's certificate is from another authority", async () => {
  await using others = await makeCertificates();
  await using server = await serveFixture(others, hello);
  const { code, message } = await refusal(server.address);
  equal(code, "UNAVAILABLE");
  match(message, /is not from the authority in --cacert/);
});

Deno.test("fetch() says so when the server's certificate has expired", async () => {
  const options = { days: -1, extensions: SERVER_EXTENSIONS };
  const expired = await certificates.issue("expired", options);
  await using server = await serveFixture(certificates, hello, expired);
  const { message } = await refusal(server.address);
  match(message, /the server's certificate has expired/);
});

Deno.test("fetch() names the host when the server's certificate is for another one", async () => {
  const extensions = "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:other";
  const other = await certificates.issue("other", { extensions });
  await using server = await serveFixture(certificates, hello, other);
  const { message } = await refusal(server.address);
  match(message, /the server's certificate is not for "localhost"/);
});

Deno.test("fetch() says UNAUTHENTICATED when the server demands a certificate", async () => {
  await using server = await serveFixture(certificates, hello);
  // The transport always sends one; the runtime's own client shows what the server says without.
  using client = Deno.createHttpClient({ caCerts: [cacert], http2: false });
  const { connectionError } = await import("../../lib/client/mod.ts");
  const cause = await fetch(`https://${server.address}/`, { client })
    .then(() => null, (error) => error);
  const { code, message } = connectionError(cause, server.address);
  equal(code, "UNAUTHENTICATED");
  match(message, /it demands a client certificate: give --cert and --key/);
});

Deno.test("fetch() says that it is not TLS when something else listens", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    using connection = await listener.accept();
    await connection.write(new TextEncoder().encode("SSH-2.0-OpenSSH_9\r\n"));
    await connection.read(new Uint8Array(1024));
  })();
  const { message } = await refusal(`localhost:${listener.addr.port}`);
  match(message, /does not speak TLS: check --addr/);
  await served;
});

Deno.test("fetch() gives up when the head of the answer takes too long", async () => {
  await using server = await serveFixture(certificates, () => {});
  const { address } = server;
  using transport = new TlsTransport({
    address,
    cacert,
    ...alice,
    answerWithin: 50,
  });
  await rejects(transport.fetch("/"), {
    code: "UNAVAILABLE",
    message: /no answer in time/,
  });
});

Deno.test("fetch() repeats a read once when the pooled connection is cut", async () => {
  let requests = 0;
  await using server = await serveFixture(certificates, (request, response) => {
    if (++requests === 2) return void request.socket.destroy();
    response.end("hello");
  });
  const { address } = server;
  using transport = new TlsTransport({ address, cacert, ...alice });
  await (await transport.fetch("/")).text();
  equal(await (await transport.fetch("/")).text(), "hello");
  equal(requests, 3);
});

Deno.test("new TlsTransport() says what is wrong with a file before it connects", async () => {
  await using others = await makeCertificates();
  const make = (files: object) => () =>
    new TlsTransport({ address: "localhost:1", cacert, ...alice, ...files });
  throws(make({ cacert: "nonsense" }), {
    message: /CA file holds no certificate/,
  });
  throws(make({ cert: "nonsense" }), { message: /certificate file holds no/ });
  throws(make({ key: "nonsense" }), {
    message: /key file holds no private key/,
  });
  throws(make({ key: others.alice.key }), {
    code: "INVALID_ARGUMENT",
    message: /the private key does not belong to the certificate/,
  });
  throws(make({ address: "local host:1" }), {
    message: /"local host:1" is not an address/,
  });
  throws(make({ address: "localhost:1/x" }), { message: /is not an address/ });
});

Deno.test("new TlsTransport() trusts the given authority alone when public ones vouch for the server", async () => {
  await using publicly = await makeCertificates();
  await using server = await serveFixture(publicly, hello);
  const script = `
    import { TlsTransport } from "${new URL(
    "../../lib/client/mod.ts",
    import.meta.url,
  )}";
    const [address, cacert, cert, key] = JSON.parse(Deno.args[0]);
    using transport = new TlsTransport({ address, cacert, cert, key });
    const { status } = await transport.fetch("/").catch(({ message }) => ({ status: message }));
    console.log(status);`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "-A",
        "--no-check",
        `data:text/javascript,${encodeURIComponent(script)}`,
      ],
      JSON.stringify([
        server.address,
        cacert,
        publicly.alice.cert,
        publicly.alice.key,
      ]),
    ],
    // The runtime takes these for the public authorities.
    env: {
      DENO_TLS_CA_STORE: "system",
      SSL_CERT_FILE: `${publicly.dir}/ca.crt`,
    },
  }).output();
  match(
    new TextDecoder().decode(stdout),
    /is not from the authority in --cacert/,
  );
});
