import { deepEqual, equal } from "node:assert/strict";
import { HostExchange } from "../../lib/jobhost/host_exchange.ts";
import { UnixListener } from "../../lib/jobhost/unix_listener.ts";
import { HostTransport } from "../../lib/jobhost/host_transport.ts";

Deno.test("HostExchange.answer() says how long the answer is, in bytes; nothing is a 204", async () => {
  const folder = await Deno.makeTempDir({ prefix: "worker-exchange-" });
  const path = `${folder}/socket`;
  const value = { name: "größer" };
  {
    await using _listener = await UnixListener.listen({
      path,
      uids: new Set([Deno.uid()!]),
      handler: (incoming, outgoing) => {
        const exchange = new HostExchange(incoming, outgoing);
        exchange.answer(exchange.path === "/value" ? value : undefined);
        return Promise.resolve();
      },
    });
    using transport = new HostTransport(path);
    const answer = await transport.fetch("/value");
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    equal(answer.headers.get("content-length"), String(bytes.length));
    deepEqual(await answer.json(), value);
    const nothing = await transport.fetch("/nothing");
    equal(nothing.status, 204);
    equal(await nothing.text(), "");
  }
  await Deno.remove(folder, { recursive: true });
});
