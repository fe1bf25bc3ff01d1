/**
 * A plain HTTP/2 server of the runtime on a free port of loopback, with `guarded` as argument
 * also with `deferClose`: what `deferClose` is judged by. Reads credentials as JSON from
 * stdin and prints its port.
 */
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import type { Credentials } from "../helpers/listener.ts";
import { deferClose } from "../../lib/http/listener/defer_close.ts";

const credentials: Credentials = await new Response(Deno.stdin.readable).json();
const server = http2.createSecureServer(
  credentials.server,
  (incoming, outgoing) => {
    incoming.on("error", () => {}).resume();
    outgoing.on("error", () => {});
    if (incoming.url === "/healthz") return void outgoing.end("ok\n");
    outgoing.end(new Uint8Array(20_000_000));
  },
);
server.on("session", (session) => {
  if (Deno.args[0] === "guarded") deferClose(session);
  session.on("error", () => {});
});
server.on("sessionError", () => {});
server.listen(0, "127.0.0.1", () => {
  console.log((server.address() as AddressInfo).port);
});
