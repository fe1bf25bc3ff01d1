/** HTTP/2 by hand: a peer that can say what no library lets it say. */
import type { PemPair } from "../helpers/tls.ts";

/** A server, and the certificate to show it. */
export interface Peer {
  host: string;
  port: number;
  /** PEM of the authority that the server's certificate is from. */
  ca: string;
  /** A good client certificate; without it the attack has none, as a stranger would. */
  client?: PemPair;
}

/** Whom to attack, and what to attack with. */
export interface Target extends Peer {
  /** A client certificate of an authority that the server does not know. */
  evil?: PemPair;
  /** Where a request keeps the server busy in each way. */
  paths: BusyPaths;
}

/** Paths of requests that take long. */
export interface BusyPaths {
  /** `GET`: megabytes. */
  download: string;
  /** `GET`: no answer. */
  hang: string;
  /** `POST`: takes a body of any size. */
  upload: string;
}

/** Frame types of RFC 9113. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  rst: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const END_STREAM = 1;
export const END_HEADERS = 4;

const MAX_WINDOW = 2 ** 31 - 1;
const PREFACE = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Opens a TLS connection; nothing is read from it until its owner reads. */
export function openTls(
  target: Peer,
  { alpn = ["h2"] }: { alpn?: string[] } = {},
): Promise<Deno.TlsConn> {
  return Deno.connectTls({
    hostname: target.host,
    port: target.port,
    caCerts: [target.ca],
    alpnProtocols: alpn,
    ...target.client,
  });
}

/** One frame. */
export function frame(
  type: number,
  { flags = 0, stream = 0, payload = new Uint8Array() }: {
    flags?: number;
    stream?: number;
    payload?: Uint8Array;
  } = {},
): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (payload.length << 8) | type);
  view.setUint8(4, flags);
  view.setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** Big-endian 32-bit words, the payload of most control frames. */
export function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, at) => view.setUint32(4 * at, value));
  return bytes;
}

/** A header block of literal fields (RFC 7541, 6.2.2), no table, no Huffman code. */
export function headerBlock(
  fields: [name: string, value: string][],
): Uint8Array {
  return concat(
    fields.flatMap(([name, value]) => [
      new Uint8Array([0]),
      literal(name),
      literal(value),
    ]),
  );
}

/** The fields of a request. */
export function requestFields(
  path: string,
  method = "GET",
): [name: string, value: string][] {
  return [
    [":method", method],
    [":scheme", "https"],
    [":path", path],
    [":authority", "localhost"],
  ];
}

/** A complete HEADERS frame; `open` leaves the request body open. */
export function request(
  path: string,
  { stream = 1, method = "GET", open = false }: {
    stream?: number;
    method?: string;
    open?: boolean;
  } = {},
): Uint8Array {
  return frame(FRAME.headers, {
    flags: END_HEADERS | (open ? 0 : END_STREAM),
    stream,
    payload: headerBlock(requestFields(path, method)),
  });
}

/** A GOAWAY with an error code. */
export function goaway(code = 0): Uint8Array {
  return frame(FRAME.goaway, { payload: words(0, code) });
}

/** The client's preface with windows as large as they get. */
export function preface(): Uint8Array {
  const settings = new Uint8Array([0, 4, ...words(MAX_WINDOW)]);
  return concat([
    PREFACE,
    frame(FRAME.settings, { payload: settings }),
    frame(FRAME.windowUpdate, { payload: words(MAX_WINDOW - 65_535) }),
  ]);
}

/** Joins byte arrays. */
export function concat(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(
    parts.reduce((length, part) => length + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Writes all of `bytes`; false when the peer has closed the connection. */
export async function push(
  conn: Deno.Conn,
  bytes: Uint8Array,
): Promise<boolean> {
  try {
    for (let at = 0; at < bytes.length;) {
      at += await conn.write(bytes.subarray(at));
    }
    return true;
  } catch {
    return false;
  }
}

/** Reads until the peer closes, `enough` says so or `withinMs` are over; what was read. */
export async function readAll(
  conn: Deno.Conn,
  { withinMs = 2_000, enough = () => false }: {
    withinMs?: number;
    /** Given what was read so far, joined when called, and its length. */
    enough?: (read: () => Uint8Array, length: number) => boolean;
  } = {},
): Promise<{ bytes: Uint8Array; closed: boolean }> {
  const parts: Uint8Array[] = [];
  let closed = true;
  let length = 0;
  const timer = setTimeout(() => {
    closed = false;
    hangUp(conn);
  }, withinMs);
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const count = await conn.read(buffer);
      if (count === null) break;
      parts.push(buffer.slice(0, count));
      length += count;
      if (enough(() => concat(parts), length)) {
        closed = false;
        break;
      }
    }
  } catch {
    // Reset by the peer, or hung up by the timer.
  }
  clearTimeout(timer);
  return { bytes: concat(parts), closed };
}

/** Types of the frames in `bytes`, a whole number of frames or with a torn last one. */
export function frameTypes(bytes: Uint8Array): number[] {
  const types: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 9 <= bytes.length;) {
    types.push(view.getUint8(at + 3));
    at += 9 + (view.getUint32(at) >>> 8);
  }
  return types;
}

/** Closes a connection that may be closed. */
export function hangUp(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It was.
  }
}

function literal(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const length = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest = Math.floor(rest / 128)) {
      length.push((rest % 128) | 128);
    }
    length.push(rest);
  }
  return concat([new Uint8Array(length), bytes]);
}
