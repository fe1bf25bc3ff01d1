import type { TLSSocket } from "node:tls";
import { INADEQUATE_SECURITY } from "./http2_codes.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS = 4;
const GOAWAY = 7;

/** How long whoever was refused may take to hang up, ms. */
const LINGER_MS = 1_000;

/**
 * Tells a peer why it gets no tunnel, in a GOAWAY, and hangs up. Written by hand: somebody without a
 * good certificate is not worth a session.
 */
export function refuseTunnel(socket: TLSSocket, message: string): void {
  const text = new TextEncoder().encode(message).subarray(0, 500);
  const payload = new Uint8Array(8 + text.length);
  new DataView(payload.buffer).setUint32(4, INADEQUATE_SECURITY);
  payload.set(text, 8);
  socket.on("error", () => {});
  // What it sends is read and dropped, so that the answer is not lost to a reset.
  socket.resume();
  socket.write(PREFACE);
  socket.write(frame(SETTINGS, new Uint8Array()));
  socket.end(frame(GOAWAY, payload));
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

function frame(type: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  new DataView(bytes.buffer).setUint32(0, payload.length << 8 | type);
  bytes.set(payload, 9);
  return bytes;
}
