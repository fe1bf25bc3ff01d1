/** The listener in a process of its own, attacked: it lives, answers, and gives memory back. */
import { equal, ok } from "node:assert/strict";
import { credentials } from "../helpers/listener.ts";
import { ask, until } from "../helpers/peers.ts";
import { ATTACKS } from "./attacks/mod.ts";
import { ServerProcess } from "./server_process.ts";
import type { Target } from "./wire.ts";

/**
 * What a first round may add to an idle process, mostly heap that V8 keeps for the next time, and
 * what a second round of the same may add to that: what grows now leaks.
 */
const GROWTH_BYTES = { stranger: 160 << 20, member: 96 << 20 };

Deno.test("TlsListener survives hostile peers", async (t) => {
  const from = await credentials();
  await using server = await ServerProcess.start("server.ts", {
    credentials: from,
  });
  const target: Target = {
    host: "localhost",
    port: server.port,
    ca: from.ca,
    evil: from.evil,
    paths: {
      download: "/bytes?n=20000000",
      hang: "/hang",
      upload: "/upload",
    },
  };
  const peer = { port: server.port, ca: from.ca, client: from.client };
  const stats = async () => JSON.parse((await ask("/stats", peer)).text);

  for (const http2 of [true, false]) {
    await ask("/bytes?n=50000000", { ...peer, http2 });
  }
  for (const who of ["stranger", "member"] as const) {
    const baseline = await server.rss();
    const as = who === "member" ? { ...target, client: from.client } : target;
    for (const [name, attack] of Object.entries(ATTACKS)) {
      await t.step(`of ${name} by a ${who}`, async () => {
        await attack(as);
        equal(server.ended, null);
        equal((await ask("/healthz", { ...peer, http2: false })).text, "ok\n");
        equal((await stats()).pid, server.pid);
        await until(async () => {
          const { connections, hanging } = await stats();
          return connections === 1 && hanging === 0;
        });
        const growth = await server.rss() - baseline;
        ok(
          growth < GROWTH_BYTES[who],
          `grew by ${Math.round(growth / 2 ** 20)} MiB`,
        );
      });
    }
  }
});
