import { equal, notEqual } from "node:assert/strict";
import { isIP } from "node:net";
import { HostTransport } from "../../lib/jobhost/host_transport.ts";
import { UnixListener } from "../../lib/jobhost/unix_listener.ts";
import type { TransportRequest } from "../../lib/client/transport.ts";
import { waitFor } from "../helpers/wait_for.ts";

Deno.test("HostTransport.fetch() names an address, which the runtime need not look up", async () => {
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
    using transport = new HostTransport(path);
    const response = await transport.fetch("/");
    equal(await response.text(), "hello");
  }
  notEqual(isIP(host), 0, `"${host}" is looked up for every connection`);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("HostTransport.fetch() asks sixteen questions at a time; what waits by design takes nobody's turn", async () => {
  const folder = await Deno.makeTempDir({ prefix: "worker-unix-" });
  const path = `${folder}/socket`;
  let asked = 0;
  let most = 0;
  let waiting = 0;
  const answer = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  {
    await using _listener = await UnixListener.listen({
      path,
      uids: new Set([Deno.uid()!]),
      handler: async (incoming, outgoing) => {
        if (incoming.url!.endsWith("/wait")) {
          waiting++;
          await release.promise;
        } else {
          most = Math.max(most, ++asked);
          await answer.promise;
          asked--;
        }
        outgoing.end("hello");
      },
    });
    using transport = new HostTransport(path);
    const text = async (url: string, request?: TransportRequest) =>
      (await transport.fetch(url, request)).text();
    const questions = Array.from({ length: 100 }, () => text("/"));
    await waitFor("the first questions", () => asked === 16);
    const waits = Array.from(
      { length: 20 },
      () => text("/wait", { answerWithin: Infinity }),
    );
    await waitFor("all that wait", () => waiting === 20);
    answer.resolve();
    await Promise.all(questions);
    equal(most, 16);
    release.resolve();
    await Promise.all(waits);
  }
  await Deno.remove(folder, { recursive: true });
});
