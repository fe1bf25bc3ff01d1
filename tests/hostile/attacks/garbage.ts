/** Bytes that are not what the server waits for. */
import {
  concat,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  hangUp,
  headerBlock,
  openTls,
  preface,
  push,
  readAll,
  request,
  requestFields,
  type Target,
  words,
} from "../wire.ts";

const CONNECTIONS = 40;

/** Random bytes where a TLS handshake should be. */
export async function beforeTls(target: Target): Promise<void> {
  await many(async (n) => {
    const conn = await Deno.connect({
      hostname: target.host,
      port: target.port,
    });
    await push(conn, noise(1 + 37 * n));
    await readAll(conn, { withinMs: 200 });
    hangUp(conn);
  });
}

/** Random bytes inside TLS, for either protocol. */
export async function afterTls(target: Target): Promise<void> {
  await many(async (n) => {
    const alpn = [n % 2 === 0 ? "h2" : "http/1.1"];
    const conn = await openTls(target, { alpn });
    await push(
      conn,
      concat([n % 4 < 2 ? new Uint8Array() : preface(), noise(500)]),
    );
    await readAll(conn, { withinMs: 200 });
    hangUp(conn);
  });
}

/** Connections that end in the middle of a handshake, and ones that just end. */
export async function abruptEnds(target: Target): Promise<void> {
  await many(async (n) => {
    const conn = n % 2 === 0
      ? await Deno.connect({ hostname: target.host, port: target.port })
      : await openTls(target);
    await push(conn, n % 4 === 1 ? request(target.paths.download) : noise(5));
    hangUp(conn);
  });
}

/** Every frame that the protocol forbids, each on a connection of its own. */
export async function malformedFrames(target: Target): Promise<void> {
  await Promise.all(MALFORMED.map(async (bytes) => {
    const conn = await openTls(target);
    await push(conn, concat([preface(), bytes]));
    await readAll(conn, { withinMs: 300 });
    hangUp(conn);
  }));
}

/** Header sections that are too large, in few and in many fields. */
export async function hugeHeaders(target: Target): Promise<void> {
  const sections = [
    [["x", "a".repeat(1_000_000)]],
    Array.from({ length: 20_000 }, (_, n) => [`x${n}`, "a"]),
    [["a".repeat(60_000), "x"]],
  ] as [string, string][][];
  for (const fields of sections) {
    const block = headerBlock([...requestFields("/healthz"), ...fields]);
    const frames: Uint8Array[] = [];
    for (let at = 0; at < block.length; at += 16_000) {
      frames.push(frame(at === 0 ? FRAME.headers : FRAME.continuation, {
        stream: 1,
        flags: (at === 0 ? END_STREAM : 0) |
          (at + 16_000 >= block.length ? END_HEADERS : 0),
        payload: block.subarray(at, at + 16_000),
      }));
    }
    const h2 = await openTls(target);
    await push(h2, concat([preface(), ...frames]));
    await readAll(h2, { withinMs: 300 });
    hangUp(h2);

    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
    const h1 = await openTls(target, { alpn: ["http/1.1"] });
    await push(
      h1,
      new TextEncoder().encode(
        `GET /healthz HTTP/1.1\r\nhost: x\r\n${lines.join("")}\r\n`,
      ),
    );
    await readAll(h1, { withinMs: 300 });
    hangUp(h1);
  }
}

const flags = END_HEADERS | END_STREAM;

function requestWith(...fields: [string, string][]): Uint8Array {
  return frame(FRAME.headers, {
    stream: 1,
    flags,
    payload: headerBlock([...requestFields("/healthz"), ...fields]),
  });
}

/** A header of a frame that promises more than comes, or less. */
function lying(length: number, type: number): Uint8Array {
  const bytes = frame(type, { stream: 1, payload: new Uint8Array(4) });
  new DataView(bytes.buffer).setUint32(0, (length << 8) | type);
  return bytes;
}

const MALFORMED: Uint8Array[] = [
  frame(FRAME.data, { stream: 0, payload: words(0) }),
  frame(FRAME.data, { stream: 99, payload: words(0) }),
  frame(FRAME.data, { stream: 1, flags: 8, payload: new Uint8Array([255, 0]) }),
  frame(FRAME.headers, { stream: 0, flags, payload: headerBlock([]) }),
  frame(FRAME.headers, { stream: 2, flags, payload: headerBlock([]) }),
  frame(FRAME.headers, {
    stream: 1,
    flags,
    payload: new Uint8Array(64).fill(255),
  }),
  frame(FRAME.headers, {
    stream: 1,
    flags,
    payload: headerBlock([["x", "y"]]),
  }),
  frame(FRAME.priority, { stream: 1, payload: words(1) }),
  frame(FRAME.rst, { stream: 7, payload: words(1) }),
  frame(FRAME.rst, { stream: 0, payload: words(1) }),
  frame(FRAME.settings, { payload: new Uint8Array(5) }),
  frame(FRAME.settings, { flags: 1, payload: new Uint8Array(6) }),
  frame(FRAME.settings, {
    payload: new Uint8Array([0, 4, 255, 255, 255, 255]),
  }),
  frame(FRAME.settings, { payload: new Uint8Array([0, 5, 0, 0, 0, 1]) }),
  frame(FRAME.pushPromise, { stream: 1, flags: 4, payload: words(2) }),
  frame(FRAME.ping, { payload: new Uint8Array(7) }),
  frame(FRAME.ping, { flags: 1, payload: new Uint8Array(8) }),
  frame(FRAME.ping, { stream: 1, payload: new Uint8Array(8) }),
  frame(FRAME.goaway, { payload: new Uint8Array(3) }),
  frame(FRAME.windowUpdate, { payload: words(0) }),
  frame(FRAME.windowUpdate, { stream: 1, payload: words(2 ** 31 - 1) }),
  frame(FRAME.continuation, { stream: 1, flags: 4, payload: headerBlock([]) }),
  frame(200, { stream: 1, flags: 255, payload: words(1, 2, 3) }),
  lying(2 ** 24 - 1, FRAME.data),
  lying(1, FRAME.headers),
  requestWith(["Upper", "case"]),
  requestWith(["x", "a\0b"]),
  requestWith(["x", "a\r\nb: c"]),
  requestWith([":path", "/twice"]),
  requestWith(["content-length", "5"]),
  requestWith(["transfer-encoding", "chunked"]),
  requestWith(["connection", "upgrade"]),
  concat([request("/healthz"), request("/healthz")]),
  request("/healthz", { method: "CONNECT" }),
  request("/healthz", { method: "\u0000" }),
  request("//%zz\\", {}),
];

function noise(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

async function many(attack: (n: number) => Promise<void>): Promise<void> {
  await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, n) => attack(n).catch(() => {})),
  );
}
