import { equal, ok } from "node:assert/strict";
import { credentials } from "../../helpers/listener.ts";
import { ServerProcess } from "../../hostile/server_process.ts";

const BARE = "bare_http2_server.ts";
const DOWNLOADS = 20;

Deno.test("deferClose() keeps the process alive when clients end with GOAWAY", async () => {
  const certificates = await credentials();
  await using guarded = await ServerProcess.start(BARE, {
    credentials: certificates,
    args: ["guarded"],
  });
  equal(await downloadAndLeave(guarded, certificates.ca), DOWNLOADS);
  equal(guarded.ended, null);

  await using bare = await ServerProcess.start(BARE, {
    credentials: certificates,
  });
  await downloadAndLeave(bare, certificates.ca);
  if (bare.ended === null) {
    // The defect is a race in freed memory; that it did not show is worth a look, not a failure.
    console.warn(
      `the server without deferClose survived ${DOWNLOADS} downloads: is it needed still?`,
    );
  } else {
    ok(["SIGABRT", "SIGSEGV"].includes(bare.ended.signal ?? ""));
  }
});

/** Downloads, ends the session with GOAWAY, and again; how often the server was there. */
async function downloadAndLeave(
  server: ServerProcess,
  ca: string,
): Promise<number> {
  for (let done = 0; done < DOWNLOADS; done++) {
    if (server.ended !== null) return done;
    using client = Deno.createHttpClient({
      caCerts: [ca],
      http1: false,
      http2: true,
    });
    try {
      const response = await fetch(`https://localhost:${server.port}/`, {
        client,
      });
      if (done % 2 === 0) await response.arrayBuffer();
      else await response.body?.cancel();
    } catch {
      await server.settled();
      if (server.ended === null) throw new Error("the server refused, alive");
      return done;
    }
  }
  return DOWNLOADS;
}
