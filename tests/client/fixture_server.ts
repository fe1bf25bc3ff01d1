import https from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestCertificates } from "./certificates.ts";

export interface FixtureServer extends AsyncDisposable {
  /** `localhost:<port>` */
  address: string;
  /** Requests so far, as `METHOD path`. */
  requests: string[];
  /** Cuts every connection without a word. */
  cut(): void;
}

/** A real HTTPS server on a free port that demands a client certificate. */
export async function serveFixture(
  certificates: TestCertificates,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  options: https.ServerOptions = {},
): Promise<FixtureServer> {
  const requests: string[] = [];
  const sockets = new Set<{ destroy(): void }>();
  const server = https.createServer({
    ...certificates.server,
    ca: certificates.ca,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    ...options,
  }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.on("error", () => {});
    handler(request, response);
  });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((listening) =>
    server.listen(0, "127.0.0.1", listening)
  );
  const { port } = server.address() as AddressInfo;
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    address: `localhost:${port}`,
    requests,
    cut,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done));
      cut();
      await closed;
    },
  };
}
