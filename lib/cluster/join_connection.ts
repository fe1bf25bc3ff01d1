import { Buffer } from "node:buffer";
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
    const refused = /certificate|altnames|UnknownIssuer|NotValidForName/i.test(
      cause.message,
    );
    const otherName = /altnames|NotValidForName/i.test(cause.message);
    throw new WorkerError(
      refused ? "UNAUTHENTICATED" : "UNAVAILABLE",
      otherName
        ? `the certificate of "${host}:${port}" is not for "${host}": dial the server by a name that its certificate has, or start it with --host ${host}`
        : refused
        ? `the certificate of "${host}:${port}" is not good: ${cause.message}`
        : `can't connect to "${host}:${port}": ${cause.message}`,
      { cause },
    );
  }
}

/**
 * Sends one request over a connection and reads the answer; the connection ends with it. It is
 * HTTP/1.0, written here: what is secret must go over this very socket, and the runtime's client may
 * open another one.
 */
export async function exchange(
  socket: TLSSocket,
  { method, path, host, body = "" }: {
    method: "GET" | "POST";
    path: string;
    host: string;
    /** JSON. */
    body?: string;
  },
): Promise<JoinResponse> {
  const head = [
    `${method} ${path} HTTP/1.0`,
    `host: ${host}`,
    ...body === "" ? [] : [
      "content-type: application/json",
      `content-length: ${Buffer.byteLength(body)}`,
    ],
  ];
  try {
    socket.write([...head, "", body].join("\r\n"));
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of socket as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw new Error("the answer is too long");
    }
    return parseAnswer(Buffer.concat(chunks).toString("utf8"));
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

/** The body ends with the connection; one that was cut is not JSON, or shorter than announced. */
function parseAnswer(text: string): JoinResponse {
  const end = text.indexOf("\r\n\r\n");
  const head = text.slice(0, Math.max(end, 0));
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error("the answer is not HTTP");
  const body = text.slice(end + 4);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined && Buffer.byteLength(body) < Number(length)) {
    throw new Error("the answer was cut");
  }
  return { status: Number(status), body };
}
