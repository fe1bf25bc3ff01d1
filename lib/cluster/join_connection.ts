import { request as httpRequest } from "node:http";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { WorkerError } from "../api/errors.ts";

/** Longest answer that is read: two authorities and three certificates have some 10 KiB. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** One connection for one request, made before anything is known of the server. */
export interface JoinConnectionOptions {
  host: string;
  port: number;
  /** PEM: the only authorities that may vouch for the server; null: it is not verified at all. */
  ca: string | null;
  signal: AbortSignal;
}

/** An answer, read to its end. */
export interface JoinResponse {
  status: number;
  body: string;
}

/**
 * Opens a TLS 1.3 connection and has `check` judge the server's certificate (DER); nothing was sent
 * by then.
 *
 * @throws {WorkerError} `UNAVAILABLE` when there is no connection, `UNAUTHENTICATED` when the
 * server's certificate is not good.
 */
export async function openJoinConnection(
  { host, port, ca, signal }: JoinConnectionOptions,
): Promise<{ socket: TLSSocket; certificate: Uint8Array }> {
  signal.throwIfAborted();
  const socket = connect({
    host,
    port,
    ...isIP(host) === 0 && { servername: host },
    minVersion: "TLSv1.3",
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: ca !== null,
    ...ca !== null && { ca },
  });
  const done = Promise.withResolvers<void>();
  const abort = () => socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  socket.once("secureConnect", done.resolve);
  socket.on("error", done.reject);
  socket.once("close", () => {
    signal.removeEventListener("abort", abort);
    done.reject(new Error("the connection was closed"));
  });
  try {
    await done.promise;
    const { raw } = socket.getPeerCertificate(true);
    if (!raw) throw new Error("the server showed no certificate");
    return { socket, certificate: new Uint8Array(raw) };
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    const cause = error as Error;
    const refused = /certificate|UnknownIssuer|NotValidForName/i.test(
      cause.message,
    );
    throw new WorkerError(
      refused ? "UNAUTHENTICATED" : "UNAVAILABLE",
      refused
        ? `the certificate of "${host}:${port}" is not good: ${cause.message}`
        : `can't connect to "${host}:${port}": ${cause.message}`,
      { cause },
    );
  }
}

/** Sends one request over a connection and reads the answer; the connection ends with it. */
export async function exchange(
  socket: TLSSocket,
  { method, path, host, body }: {
    method: "GET" | "POST";
    path: string;
    host: string;
    body?: string;
  },
): Promise<JoinResponse> {
  try {
    const answer = Promise.withResolvers<JoinResponse>();
    const request = httpRequest({
      method,
      path,
      agent: false,
      createConnection: () => socket,
      headers: {
        host,
        connection: "close",
        ...body !== undefined && {
          "content-type": "application/json",
          "content-length": String(new TextEncoder().encode(body).length),
        },
      },
    }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER_BYTES) {
          request.destroy(new Error("the answer is too long"));
        }
      });
      response.on("error", answer.reject);
      response.on(
        "end",
        () => answer.resolve({ status: response.statusCode!, body: text }),
      );
    });
    request.on("error", answer.reject);
    request.on("close", () => answer.reject(new Error("it was cut")));
    request.end(body);
    return await answer.promise;
  } catch (cause) {
    throw new WorkerError(
      "UNAVAILABLE",
      `"${host}" did not answer "${method} ${path}": ${
        (cause as Error).message
      }`,
      { cause },
    );
  } finally {
    socket.destroy();
  }
}
