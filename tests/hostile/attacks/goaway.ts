/** GOAWAY, resets and hang-ups at every moment of a session. */
import {
  type BusyPaths,
  concat,
  FRAME,
  frame,
  goaway,
  hangUp,
  openTls,
  preface,
  push,
  readAll,
  request,
  type Target,
  words,
} from "../wire.ts";

const BODY = frame(FRAME.data, { stream: 1, payload: new Uint8Array(16_000) });

/** What a session has done when it ends. */
function moments({ download, hang, upload }: BusyPaths): Uint8Array[] {
  return [
    new Uint8Array(),
    request("/healthz"),
    request(hang),
    request(download),
    concat(many((stream) => request(download, { stream }))),
    concat(many((stream) => request(hang, { stream }))),
    concat([request(upload, { method: "POST", open: true }), BODY, BODY]),
  ];
}

/** GOAWAY with each error code at each moment, followed by more frames or by a hang-up. */
export async function atEveryMoment(target: Target): Promise<void> {
  for (const moment of moments(target.paths)) {
    await Promise.all(
      [0, 1, 2, 8, 11, 255].map(async (code) => {
        const conn = await openTls(target);
        await push(conn, concat([preface(), moment]));
        if (code > 2) await readSome(conn);
        await push(conn, concat([goaway(code), goaway(code)]));
        if (code % 2 === 0) {
          await push(conn, concat([BODY, request("/healthz", { stream: 99 })]));
        }
        await readAll(conn, { withinMs: 100 });
        hangUp(conn);
      }),
    );
  }
}

/** Clients that download, whole or in part, and end their session as they should. */
export async function politeClients(target: Target): Promise<void> {
  for (let round = 0; round < 20; round++) {
    using client = Deno.createHttpClient({
      caCerts: [target.ca],
      http1: false,
      http2: true,
      ...target.client,
    });
    const url = `https://${target.host}:${target.port}${target.paths.download}`;
    const response = await fetch(url, { client });
    if (round % 2 === 0) await response.arrayBuffer();
    else await response.body?.cancel();
  }
}

/** RST_STREAM with every code, on streams in every state. */
export async function resets(target: Target): Promise<void> {
  await Promise.all(
    Array.from({ length: 15 }, async (_, code) => {
      const conn = await openTls(target);
      await push(conn, preface());
      const paths = ["/healthz", target.paths.download, target.paths.hang];
      for (let stream = 1; stream < 60; stream += 2) {
        const rst = frame(FRAME.rst, { stream, payload: words(code) });
        const path = paths[stream % 3]!;
        await push(conn, concat([request(path, { stream }), rst, rst]));
      }
      await readAll(conn, { withinMs: 200 });
      hangUp(conn);
    }),
  );
}

async function readSome(conn: Deno.Conn): Promise<void> {
  await conn.read(new Uint8Array(4_096)).catch(() => {});
}

function many(make: (stream: number) => Uint8Array): Uint8Array[] {
  return Array.from({ length: 20 }, (_, n) => make(1 + 2 * n));
}
