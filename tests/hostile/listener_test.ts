/** The listener in a process of its own, attacked: it lives, answers, and gives memory back. */
import { equal, ok } from "node:assert/strict";
import { credentials } from "../helpers/listener.ts";
import { ask, until } from "../helpers/peers.ts";
import { ATTACKS } from "./attacks/mod.ts";
import { ServerProcess } from "./server_process.ts";
import type { Target } from "./wire.ts";

const GROWTH_BYTES = 64 << 20;

Deno.test("TlsListener survives hostile peers", async (t) => {
  const from = await credentials();
  await using server = await ServerProcess.start("server.ts", {
    credentials: from,
  });
  const stranger: Target = {
    host: "localhost",
    port: server.port,
    ca: from.ca,
    evil: from.evil,
  };
  const peer = { port: server.port, ca: from.ca, client: from.client };
  const stats = async () => JSON.parse((await ask("/stats", peer)).text);

  // What honest traffic takes comes first, so that growth is due to attacks.
  for (const http2 of [true, false]) {
    await ask("/bytes?n=50000000", { ...peer, http2 });
  }
  const baseline = await server.rss();

  for (const [name, attack] of Object.entries(ATTACKS)) {
    // Who has a certificate gets further: the same attacks as a member.
    for (const target of [stranger, { ...stranger, client: from.client }]) {
      const who = target.client ? "a member" : "a stranger";
      await t.step(`of ${name} by ${who}`, async () => {
        await attack(target);
        equal(server.ended, null);
        equal((await ask("/healthz", { ...peer, http2: false })).text, "ok\n");
        equal((await stats()).pid, server.pid);
        let settled = { connections: Infinity, hanging: Infinity };
        await until(async () => {
          settled = await stats();
          return settled.connections === 1 && settled.hanging === 0;
        });
        const growth = await server.rss() - baseline;
        ok(
          growth < GROWTH_BYTES,
          `grew by ${Math.round(growth / 2 ** 20)} MiB`,
        );
      });
    }
  }
});
