import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { UnixTransport } from "../../../lib/client/unix_transport.ts";
import { AdminListener } from "../../../lib/http/listener/admin_listener.ts";
import { connectionOf } from "../../../lib/http/connection.ts";
import type { ListenerEvent } from "../../../lib/http/listener/listener_event.ts";
import { aborted } from "../../../lib/supervisor/aborted.ts";
import { waitFor } from "../../helpers/wait_for.ts";

const own = Deno.uid()!;

/** A folder with a listener at `admin.sock` that tells who asks. */
async function listen(options: { uids?: number[]; below?: string } = {}) {
  const folder = await Deno.makeTempDir({ prefix: "worker-admin-" });
  const path = `${folder}/${options.below ?? ""}admin.sock`;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  const events: ListenerEvent[] = [];
  const start = () =>
    AdminListener.listen({
      path,
      uids: new Set(options.uids ?? [0, own]),
      nameOf: (uid) => `user ${uid}`,
      handler: async (incoming, outgoing) => {
        let body = "";
        for await (const chunk of incoming) body += chunk;
        if (incoming.url?.endsWith("/hang")) return;
        const connection = connectionOf(incoming);
        if (incoming.url?.endsWith("/wait")) {
          await aborted(connection.draining);
        }
        const { name, roles, kind } = connection.identity();
        const { remoteAddress } = connection;
        (outgoing as ServerResponse).end(
          JSON.stringify({ name, roles, kind, remoteAddress, body }),
        );
      },
      log: (event) => events.push(event),
    });
  const listener = await start();
  return {
    ...{ path, events, start, listener },
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function ask(path: string, body = ""): Promise<Record<string, unknown>> {
  using transport = await UnixTransport.open(`unix:${path}`);
  const response = await transport.fetch("/", { method: "POST", body });
  return await response.json();
}

Deno.test("AdminListener takes the kernel's word for who connects", async () => {
  await using test = await listen();
  deepEqual(await ask(test.path, "hello"), {
    name: `user ${own}`,
    roles: ["admin"],
    kind: "user",
    remoteAddress: `unix:pid=${Deno.pid},uid=${own}`,
    body: "hello",
  });
  const { mode, isSocket } = await Deno.lstat(test.path);
  equal(isSocket, true);
  equal(mode! & 0o777, 0o600);
});

Deno.test("AdminListener works when its path is longer than a socket's address", async () => {
  await using test = await listen({ below: "long/".repeat(30) });
  ok(test.path.length > 108);
  equal((await ask(test.path)).name, `user ${own}`);
});

Deno.test("AdminListener cuts whoever is not an administrator off before a byte is read", async () => {
  await using test = await listen({ uids: [own + 1] });
  await rejects(ask(test.path), /cut|reset/);
  equal(test.events[0]?.type, "certificate_refused");
});

Deno.test({
  name:
    "AdminListener lets no other user open its socket, nor in when they could",
  ignore: own !== 0,
  async fn() {
    await using test = await listen();
    const folder = test.path.slice(0, test.path.lastIndexOf("/"));
    await Deno.chmod(folder, 0o755);
    const as = (uid: number) =>
      new Deno.Command("setpriv", {
        args: [
          ...[`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "curl"],
          ...["--silent", "--unix-socket", test.path, "http://localhost/"],
        ],
      }).output();
    const { code, stdout } = await as(65534);
    deepEqual([code, stdout.length], [7, 0]);
    equal(test.events.length, 0, "the file kept it out");
    await Deno.chmod(test.path, 0o666);
    equal((await as(65534)).stdout.length, 0);
    await waitFor("the refusal", () => test.events.length > 0);
    match(JSON.stringify(test.events[0]), /uid=65534/);
    equal((await as(0)).code, 0);
  },
});

Deno.test("AdminListener goes on when it is sent garbage", async () => {
  await using test = await listen();
  for (
    const garbage of [
      "\0\x01\x02",
      "GET",
      "GET / HTTP/9\r\n\r\n",
      "x".repeat(1e6),
    ]
  ) {
    using socket = await Deno.connect({ transport: "unix", path: test.path });
    await socket.write(new TextEncoder().encode(garbage)).catch(() => {});
    await socket.closeWrite().catch(() => {});
    const into = new Uint8Array(1024);
    while (await socket.read(into).catch(() => null)) { /* To the end. */ }
  }
  equal((await ask(test.path)).name, `user ${own}`);
  await waitFor(
    "the connections to be closed",
    () => test.listener.connections === 0,
  );
});

Deno.test("listen() takes the path over while another one serves, whose end leaves it alone", async () => {
  await using test = await listen();
  using transport = await UnixTransport.open(`unix:${test.path}`);
  const hanging = rejects(transport.fetch("/hang", { method: "POST" }));
  await waitFor("the request", () => test.listener.connections === 1);
  await using next = await test.start();
  equal((await ask(test.path)).name, `user ${own}`);
  equal(next.connections <= 1, true);
  await test.listener.close({ deadlineMs: 50 });
  await hanging;
  equal((await ask(test.path)).name, `user ${own}`);
  await next.close();
  await rejects(Deno.lstat(test.path), Deno.errors.NotFound);
  await rejects(ask(test.path), /there is no such socket/);
});

Deno.test("close() ends connections as their requests end, and tells who waits after lingerMs", async () => {
  await using test = await listen();
  using transport = await UnixTransport.open(`unix:${test.path}`);
  using other = await UnixTransport.open(`unix:${test.path}`);
  await (await other.fetch("/")).body?.cancel();
  const waits = transport.fetch("/wait");
  const began = performance.now();
  const closed = test.listener.close({ deadlineMs: 60_000, lingerMs: 200 });
  const answer = await waits;
  equal(answer.headers.get("connection"), "close");
  await answer.text();
  ok(performance.now() - began >= 200);
  await closed;
});

Deno.test("UnixTransport loses no request when listeners hand the path over under load", async () => {
  await using test = await listen();
  let over = false;
  let answered = 0;
  const clients = ["a", "b", "c"].map(async (name) => {
    for (let i = 0; !over; i++) {
      equal((await ask(test.path, `${name} ${i}`)).body, `${name} ${i}`);
      answered++;
    }
  });
  const asking = Promise.all(clients);
  let listener = test.listener;
  for (let round = 0; round < 20; round++) {
    const next = await test.start();
    const before = answered;
    await listener.close();
    listener = next;
    await Promise.race([
      waitFor("further answers", () => answered > before + 5, { interval: 1 }),
      // One that fails is not to be waited for.
      asking,
    ]);
  }
  over = true;
  await asking;
  await listener.close();
});

Deno.test("UnixTransport.open() says what an address looks like", async () => {
  await rejects(UnixTransport.open("unix:here"), /write for example "unix:\//);
});
