/** Peers that begin and do not go on. */
import { setTimeout as delay } from "node:timers/promises";
import {
  concat,
  FRAME,
  frame,
  hangUp,
  openTls,
  preface,
  push,
  request,
  type Target,
} from "../wire.ts";

const CONNECTIONS = 60;
const STALL_MS = 2_500;

/** Sockets without a handshake, and ones with its first bytes. */
export function halfOpenHandshakes(target: Target): Promise<void> {
  return stall(async (n) => {
    const conn = await Deno.connect({
      hostname: target.host,
      port: target.port,
    });
    if (n % 2 === 0) {
      await push(
        conn,
        new TextEncoder().encode("\x16\x03\x01\x02\x00\x01\x00"),
      );
    }
    return conn;
  });
}

/** Headers that trickle in, over either protocol. */
export function slowHeaders(target: Target): Promise<void> {
  return stall(async (n) => {
    const http2 = n % 2 === 0;
    const conn = await openTls(target, { alpn: [http2 ? "h2" : "http/1.1"] });
    await push(
      conn,
      http2
        ? concat([preface(), frame(FRAME.headers, { stream: 1, flags: 1 })])
        : new TextEncoder().encode("GET / HTTP/1.1\r\nhost: x\r\nx: "),
    );
    return conn;
  });
}

/** Large downloads with an endless window, nothing of which is read. */
export function neverReading(target: Target): Promise<void> {
  return stall(async (n) => {
    const http2 = n % 2 === 0;
    const conn = await openTls(target, { alpn: [http2 ? "h2" : "http/1.1"] });
    const path = target.paths.download;
    await push(
      conn,
      http2
        ? concat([
          preface(),
          ...[1, 3].map((stream) => request(path, { stream })),
        ])
        : new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`),
    );
    return conn;
  }, 10);
}

async function stall(
  open: (n: number) => Promise<Deno.Conn>,
  connections = CONNECTIONS,
): Promise<void> {
  const opened = await Promise.all(
    Array.from({ length: connections }, (_, n) => open(n)),
  );
  await delay(STALL_MS);
  opened.forEach(hangUp);
}
