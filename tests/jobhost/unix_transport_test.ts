import { equal, notEqual } from "node:assert/strict";
import { isIP } from "node:net";
import { UnixTransport } from "../../lib/jobhost/unix_transport.ts";
import { UnixListener } from "../../lib/jobhost/unix_listener.ts";

Deno.test("UnixTransport.fetch() names an address, which the runtime need not look up", async () => {
  const folder = await Deno.makeTempDir({ prefix: "worker-unix-" });
  const path = `${folder}/socket`;
  let host = "";
  {
    await using _listener = await UnixListener.listen({
      path,
      uids: new Set([Deno.uid()!]),
      handler: (incoming, outgoing) => {
        host = incoming.headers.host ?? "";
        outgoing.end("hello");
        return Promise.resolve();
      },
    });
    using transport = new UnixTransport(path);
    const response = await transport.fetch("/");
    equal(await response.text(), "hello");
  }
  notEqual(isIP(host), 0, `"${host}" is looked up for every connection`);
  await Deno.remove(folder, { recursive: true });
});
