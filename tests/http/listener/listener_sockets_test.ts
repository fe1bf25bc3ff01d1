/** A listener on several sockets, and what becomes of it when the process has no descriptor left. */
import { equal, match, ok } from "node:assert/strict";
import { readJsonLines } from "../../../lib/client/lines.ts";
import { ListeningSocket } from "../../../lib/linux/listening_socket.ts";
import { credentials, TestListener } from "../../helpers/listener.ts";
import { ask, httpClient } from "../../helpers/peers.ts";
import { TestCa } from "../../helpers/tls.ts";
import { hangUp, readAll } from "../../hostile/wire.ts";

const EXHAUSTED = new URL("./exhausted_listener.ts", import.meta.url).pathname;

const from = await credentials();
const free = () => ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 });

async function whoami(port: number): Promise<unknown> {
  const { status, text } = await ask("/whoami", { ...from, port });
  equal(status, 200, text);
  return JSON.parse(text).name;
}

Deno.test("TlsListener serves on each of its sockets, and ends on all of them", async () => {
  using other = free();
  {
    await using test = await TestListener.listen(from, { more: [other] });
    equal(test.listener.addresses.length, 2);
    for (const { port } of test.listener.addresses) {
      equal(await whoami(port), "alice");
    }
  }
  // Its owner goes on with it.
  await using again = await TestListener.listen(from, { socket: other });
  equal(await whoami(again.port), "alice");
});

Deno.test("replaceCertificate() counts on all sockets", async () => {
  using other = free();
  await using test = await TestListener.listen(from, { more: [other] });
  const renewed = await TestCa.create("another ca");
  const { key, cert } = await renewed.issue("server", { usage: "server" });
  test.listener.replaceCertificate({ key, cert, ca: from.ca });
  for (const { port } of test.listener.addresses) {
    const { status } = await ask("/healthz", { port, ca: renewed.cert });
    equal(status, 200);
  }
});

Deno.test("maxConnections counts the connections of all sockets together", async () => {
  using other = free();
  await using test = await TestListener.listen(from, {
    more: [other],
    limits: { maxConnections: 2 },
  });
  using first = httpClient(from);
  using second = httpClient(from);
  for (
    const [port, client] of [[test.port, first], [
      other.address.port,
      second,
    ]] as const
  ) {
    await (await fetch(`https://localhost:${port}/healthz`, { client })).text();
  }
  for (const port of [test.port, other.address.port]) {
    const conn = await Deno.connect({ port });
    ok((await readAll(conn, { withinMs: 5_000 })).closed);
    hangUp(conn);
  }
});

Deno.test("TlsListener accepts again when the process had no descriptor left for a while", async () => {
  const process = new Deno.Command("/bin/sh", {
    args: [
      ...["-c", 'ulimit -n 80; exec "$@"', "sh", Deno.execPath()],
      ...["run", "--allow-all", "--no-check", "--quiet", EXHAUSTED],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  // deno-lint-ignore no-explicit-any -- each line says something else
  const said = readJsonLines<any>(process.stdout);
  const next = async () => (await said.next()).value;
  const { port, ca, client } = await next();
  match((await next()).exhausted, /os error 24/);
  // Who waits while nobody can accept is served later.
  const waiting = ask("/healthz", { port, ca, client });
  match((await next()).event.message, /connections wait and nobody accepts/);
  process.kill("SIGUSR2");
  equal((await waiting).status, 200);
  equal((await ask("/healthz", { port, ca, client })).status, 200);
  process.kill("SIGTERM");
  equal((await said.next()).done, true);
  equal((await process.status).code, 0);
});
