import { deepEqual, equal, rejects } from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { WorkerError } from "../../lib/api/errors.ts";
import { TlsListener } from "../../lib/http/listener/listener.ts";
import { problemHead } from "../../lib/http/response/problem_head.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";
import {
  PeerLinks,
  type PeerLinksOptions,
} from "../../lib/tunnel/peer_links.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { freePort } from "../helpers/free_port.ts";
import {
  readBody,
  tunnelCredentials,
  verifierFor,
} from "../helpers/tunnels.ts";
import { waitFor } from "../helpers/wait_for.ts";

const get = (path: string) => ({ method: "GET", path, headers: {} });

/** Accepts anybody. */
const anybody = { expect: () => {} };

/** A member that answers JSON of what it was asked, at a free port of loopback. */
async function startServer(
  name: string,
  { kind = "proxy" as "proxy" | "auth" | "user" } = {},
) {
  const own = await tunnelCredentials(name, { kind: "proxy" });
  const shown = kind === "proxy"
    ? own
    : await tunnelCredentials(name, { kind });
  const verifier = await verifierFor(own.ca);
  const socket = ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: string[] = [];
  const listener = await TlsListener.listen({
    ...shown,
    sockets: [socket],
    verify: (raw) => verifier.verify(raw),
    recheck: (identity) => verifier.recheck(identity),
    handler: async (incoming, outgoing) => {
      const response = outgoing as ServerResponse;
      asked.push(`${incoming.method} ${incoming.url}`);
      if (incoming.url === "/watch") {
        response.writeHead(200);
        response.write('{"a":1}\n{"a"');
        response.write(":2}\n");
        return;
      }
      if (incoming.url === "/hang") return;
      const refused = /^\/refuse\/(\w+)$/.exec(incoming.url ?? "");
      if (refused) {
        const error = new WorkerError(
          refused[1] as "CONFLICT",
          `${name} says no`,
        );
        const { status, headers, body } = problemHead(error);
        response.writeHead(status, headers);
        return void response.end(body);
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
      const text = new TextDecoder().decode(chunks[0] ?? new Uint8Array());
      response.end(JSON.stringify({ name, text }));
    },
  });
  return {
    address: `127.0.0.1:${socket.address.port}`,
    asked,
    listener,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      socket[Symbol.dispose]();
    },
  };
}

async function links(options: Partial<PeerLinksOptions> = {}) {
  const own = await tunnelCredentials("proxy-9", { kind: "proxy" });
  return new PeerLinks({
    credentials: () => own,
    verifier: await verifierFor(own.ca),
    ...options,
  });
}

/** Asks what is never answered; resolves when the server, which nobody asked before, has the request. */
async function hang(
  peers: PeerLinks,
  { server, signal }: {
    server: { address: string; asked: readonly string[] };
    signal?: AbortSignal;
  },
): Promise<{ asked: Promise<unknown> }> {
  const request = { ...get("/hang"), ...signal && { signal } };
  const asked = peers.request(server.address, request, anybody);
  await waitFor("the request", () => server.asked.length === 1);
  return { asked };
}

Deno.test("request() asks many things over one connection", async () => {
  await using server = await startServer("proxy-1");
  await using peers = await links();
  const names = await Promise.all(Array.from({ length: 50 }, async () => {
    const { body } = await peers.request(server.address, get("/"), anybody);
    return JSON.parse(new TextDecoder().decode(await readBody(body))).name;
  }));
  deepEqual([...new Set(names)], ["proxy-1"]);
  equal(server.listener.connections, 1);
  deepEqual(peers.addresses, [server.address]);
});

Deno.test("request() tells what is wrong when nobody listens, or somebody else", async () => {
  await using server = await startServer("proxy-1");
  await using peers = await links();
  const address = `127.0.0.1:${freePort()}`;
  await rejects(peers.request(address, get("/"), anybody), {
    code: "UNAVAILABLE",
    message: new RegExp(`could not connect to "${address}": .*refused`, "i"),
  });
  const other = {
    expect: () => {
      throw new Error("it is not proxy-2");
    },
  };
  const refused = {
    code: "UNAVAILABLE",
    message: `could not connect to "${server.address}": it is not proxy-2`,
  };
  await rejects(peers.request(server.address, get("/"), other), refused);
  await peers.request(server.address, get("/"), anybody);
  // Over the connection that is there, too.
  await rejects(peers.request(server.address, get("/"), other), refused);
});

Deno.test("request() dials again when the connection was closed", async () => {
  const server = await startServer("proxy-1");
  await using peers = await links();
  await peers.request(server.address, get("/"), anybody);
  await server[Symbol.asyncDispose]();
  await waitFor("no link", () => peers.addresses.length === 0);
  await rejects(peers.request(server.address, get("/"), anybody), {
    code: "UNAVAILABLE",
  });
});

Deno.test("request() shows a renewed certificate, and what is under way with the old one goes on", async () => {
  await using server = await startServer("proxy-1");
  let own = await tunnelCredentials("proxy-9", { kind: "proxy" });
  await using peers = await links({ credentials: () => own });
  const abort = new AbortController();
  const { asked } = await hang(peers, { server, signal: abort.signal });
  own = await tunnelCredentials("proxy-9", { kind: "proxy" });
  for (const _ of [1, 2]) {
    const { body } = await peers.request(server.address, get("/"), anybody);
    await readBody(body);
  }
  equal(server.listener.connections, 2);
  abort.abort(new Error("not wanted"));
  await rejects(asked, /not wanted/);
  await waitFor(
    "the end of the first",
    () => server.listener.connections === 1,
  );
  deepEqual(peers.addresses, [server.address]);
});

Deno.test("PeerLinks ends what goes on with an old certificate when it is disposed", async () => {
  await using server = await startServer("proxy-1");
  let own = await tunnelCredentials("proxy-9", { kind: "proxy" });
  const peers = await links({ credentials: () => own });
  const { asked } = await hang(peers, { server });
  const cut = rejects(asked, { code: "UNAVAILABLE" });
  own = await tunnelCredentials("proxy-9", { kind: "proxy" });
  await peers.request(server.address, get("/"), anybody);
  await peers[Symbol.asyncDispose]();
  await cut;
  await waitFor("no connection", () => server.listener.connections === 0);
});

Deno.test("request() rejects with the signal's reason when it aborts", async () => {
  await using server = await startServer("proxy-1");
  await using peers = await links();
  const abort = new AbortController();
  const { asked } = await hang(peers, { server, signal: abort.signal });
  abort.abort(new Error("not wanted"));
  await rejects(asked, /not wanted/);
});

Deno.test("PeerLinks closes a link that nobody needed for a minute", async () => {
  await using server = await startServer("proxy-1");
  const clock = new FakeClock();
  await using peers = await links({ clock, pingIntervalMs: 1e9 });
  const { body } = await peers.request(server.address, get("/"), anybody);
  await readBody(body);
  await waitFor("it is idle", () => {
    clock.pass(60_000);
    return peers.addresses.length === 0;
  });
  await waitFor("its end", () => server.listener.connections === 0);
});

Deno.test("call() sends and reads JSON, and throws what the server refused", async () => {
  await using server = await startServer("proxy-1");
  await using peers = await links();
  const to = { servers: () => [server.address] };
  deepEqual(
    await peers.call({ method: "POST", path: "/", body: { a: 1 } }, to),
    { name: "proxy-1", text: '{"a":1}' },
  );
  await rejects(
    peers.call({ method: "GET", path: "/refuse/CONFLICT" }, to),
    { code: "CONFLICT", message: "proxy-1 says no" },
  );
  await rejects(
    peers.call({ method: "GET", path: "/hang", withinMs: 20 }, to),
    { code: "UNAVAILABLE", message: /"GET \/hang" was not answered within 20/ },
  );
});

Deno.test("call() tries servers in their order, and the last good one first", async () => {
  await using first = await startServer("proxy-1");
  await using second = await startServer("proxy-2");
  await using peers = await links();
  const dead = `127.0.0.1:${freePort()}`;
  const name = async (servers: string[]) =>
    (await peers.call({ method: "GET", path: "/" }, {
      servers: () => servers,
    }) as { name: string }).name;
  equal(await name([dead, second.address, first.address]), "proxy-2");
  equal(await name([first.address, second.address]), "proxy-2");
  await rejects(
    peers.call({ method: "GET", path: "/refuse/UNAVAILABLE" }, {
      servers: () => [first.address, second.address],
    }),
    { code: "UNAVAILABLE", message: "proxy-2 says no; proxy-1 says no" },
  );
  await rejects(name([]), { message: "no server of the cluster is known" });
});

Deno.test("call() tells nothing to a host that is neither proxy nor auth", async () => {
  await using server = await startServer("alice", { kind: "user" });
  await using peers = await links();
  await rejects(
    peers.call({ method: "GET", path: "/" }, {
      servers: () => [server.address],
    }),
    { code: "UNAVAILABLE" },
  );
  deepEqual(server.asked, []);
});

Deno.test("open() gives the lines of a watch, ends by its signal and rejects when it is cut", async () => {
  const server = await startServer("proxy-1");
  await using peers = await links();
  const servers = () => [server.address];
  const abort = new AbortController();
  const seen: unknown[] = [];
  for await (
    const value of await peers.open("/watch", {
      signal: abort.signal,
      servers,
    })
  ) {
    seen.push(value);
    if (seen.length === 2) abort.abort();
  }
  deepEqual(seen, [{ a: 1 }, { a: 2 }]);
  const watch = await peers.open("/watch", {
    signal: new AbortController().signal,
    servers,
  });
  await watch.next();
  await watch.next();
  const cut = rejects(watch.next(), { code: "UNAVAILABLE" });
  await server[Symbol.asyncDispose]();
  await cut;
});
