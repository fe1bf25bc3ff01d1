/** A client of CONNECT that can do what curl does not. */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import tls, { type TLSSocket } from "node:tls";
import type { TunnelCredentials } from "../../../lib/tunnel/mod.ts";
import { tunnelAuthority } from "../../helpers/tunnels.ts";

/** What was answered to a CONNECT. */
export interface Connected extends Disposable {
  socket: TLSSocket;
  status: number;
  /** The problem document, when it was refused. */
  problem: { status?: number; code?: string; detail?: string };
}

/** Whom to connect to, and as whom. */
export interface ConnectOptions {
  port: number;
  /** The request's target, as it is. */
  target: string;
  user?: TunnelCredentials | undefined;
  /** Sent right behind the request. */
  early?: string;
}

/** Opens a connection to a proxy. */
export async function dial(
  { port, user }: Pick<ConnectOptions, "port" | "user">,
): Promise<TLSSocket> {
  const { certificatePem: ca } = await tunnelAuthority();
  const options = {
    ...{ host: "127.0.0.1", servername: "localhost", port, ca },
    ...user && { cert: user.cert, key: user.key },
    ALPNProtocols: ["http/1.1"],
    // Taken, though the type does not know it.
    allowHalfOpen: true,
  };
  const socket = tls.connect(options);
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  return socket;
}

/** Sends CONNECT and reads the answer. */
export async function connect(options: ConnectOptions): Promise<Connected> {
  return await connectOn(await dial(options), options);
}

/** The same on a connection that is open. */
export async function connectOn(
  socket: TLSSocket,
  { target, early = "" }: Pick<ConnectOptions, "target" | "early">,
): Promise<Connected> {
  socket.write(
    `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n${early}`,
  );
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const bytes = await read(socket);
    if (bytes === null) throw new Error(`closed after "${text}"`);
    text += bytes.toString("latin1");
  }
  const end = text.indexOf("\r\n\r\n") + 4;
  const status = Number(text.split(" ")[1]);
  const rest = Buffer.from(text.slice(end), "latin1");
  if (status === 200) socket.unshift(rest);
  const problem = status === 200
    ? {}
    : JSON.parse(rest.toString() + await readAll(socket));
  return { socket, status, problem, [Symbol.dispose]: () => socket.destroy() };
}

/** The next bytes; null at the end. */
export async function read(socket: TLSSocket): Promise<Buffer | null> {
  while (true) {
    const bytes = socket.read() as Buffer | null;
    if (bytes !== null) return bytes;
    if (socket.readableEnded || socket.destroyed) return null;
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("readable", resolve).once("end", resolve);
    socket.once("close", resolve);
    await promise;
  }
}

/** Everything up to the end, as text. */
export async function readAll(socket: TLSSocket): Promise<string> {
  let text = "";
  for (let bytes = await read(socket); bytes; bytes = await read(socket)) {
    text += bytes.toString("latin1");
  }
  return text;
}

/** TLS with a node over a stream, as `node` expects it. */
export async function secure(
  { socket }: Connected,
  { node, user }: { node: string; user: TunnelCredentials },
): Promise<TLSSocket> {
  const { certificatePem: ca } = await tunnelAuthority();
  const inner = tls.connect({
    ...{ socket, servername: node, ca, cert: user.cert, key: user.key },
    ALPNProtocols: ["http/1.1"],
  });
  inner.on("error", () => {});
  await once(inner, "secureConnect");
  return inner;
}
