import { deepEqual, equal, rejects } from "node:assert/strict";
import { startReplacement } from "../../../lib/daemon/replacement/replacement.ts";
import { ListeningSocket } from "../../../lib/linux/listening_socket.ts";
import { isAlive } from "../../helpers/jobs.ts";
import { isInherited } from "./is_inherited.ts";

const PROCESS = new URL("replacement_process.ts", import.meta.url).pathname;
const LOCAL = { hostname: "127.0.0.1", port: 0 };

const command = (role: string) => [
  Deno.execPath(),
  "run",
  "--allow-all",
  "--no-check",
  "--quiet",
  PROCESS,
  role,
];

/** All that a server says who closes the connection then. */
async function hear({ hostname, port }: Deno.NetAddr | typeof LOCAL) {
  using connection = await Deno.connect({ hostname, port });
  return await new Response(connection.readable).json();
}

/** What `startReplacement` rejects with, and that nothing of the process is left. */
async function refused(
  role: string,
  { expected, patience, signal }: {
    expected: RegExp;
    patience?: number;
    signal?: AbortSignal;
  },
): Promise<void> {
  using socket = ListeningSocket.listen(LOCAL);
  const before = children();
  await rejects(
    startReplacement({
      command: command(role),
      sockets: [socket],
      ...patience && { patience },
      ...signal && { signal },
    }),
    expected,
  );
  deepEqual(children(), before);
}

function children(): string {
  return Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/children`);
}

Deno.test("startReplacement() hands the sockets over, and whoever connected meanwhile is served", async () => {
  const sockets = [
    ListeningSocket.listen(LOCAL),
    ListeningSocket.listen(LOCAL),
  ];
  const [first, second] = sockets.map(({ address }) => address);
  // In the queue of the kernel, before there is anybody to accept.
  const early = hear(first!);
  const { pid, addresses, ended } = await startReplacement({
    command: command("serve"),
    sockets,
    env: { EXTRA: "passed on" },
  });
  try {
    deepEqual(addresses, [first, second].map((at) => `127.0.0.1:${at!.port}`));
    for (const socket of sockets) socket[Symbol.dispose]();
    const said = { leaked: false, extra: "passed on", variables: [] };
    deepEqual(await early, said);
    deepEqual(await hear(first!), said);
    deepEqual(await hear(second!), said);
  } finally {
    Deno.kill(pid, "SIGKILL");
    await ended;
  }
});

Deno.test("startReplacement() lets no other child have the sockets", async () => {
  using socket = ListeningSocket.listen(LOCAL);
  const { pid, ended } = await startReplacement({
    command: command("serve"),
    sockets: [socket],
  });
  const child = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  try {
    equal(isInherited(child.pid, socket.fd), false);
  } finally {
    child.kill();
    Deno.kill(pid, "SIGKILL");
    await Promise.all([child.status, ended]);
  }
});

Deno.test("startReplacement() rejects with what the other one says when it can't serve", async () => {
  await refused("refuse", { expected: /^Error: there is no room$/ });
});

Deno.test("startReplacement() says how the other one ended when it said nothing", async () => {
  await refused("die", { expected: /ended with code 3 before it was ready/ });
  await refused("killed", { expected: /ended with SIGKILL before it was/ });
});

Deno.test("startReplacement() ends one that never becomes ready, even when it minds no SIGTERM", async () => {
  await refused("hang", {
    patience: 1_000,
    expected: /not ready within 1000 ms/,
  });
  equal(isAlive(Deno.pid), true);
});

Deno.test("startReplacement() gives up when it is told to", async () => {
  const giving = new AbortController();
  const rejected = refused("hang", {
    signal: giving.signal,
    expected: /enough/,
  });
  giving.abort(new Error("enough"));
  await rejected;
});

Deno.test("startReplacement() rejects when there is no such program", async () => {
  await rejects(
    startReplacement({ command: ["/nowhere/worker"], sockets: [] }),
    /nowhere/,
  );
});
