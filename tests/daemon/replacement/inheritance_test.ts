import { deepEqual, equal, throws } from "node:assert/strict";
import {
  inheritanceVariables,
  takeInheritance,
} from "../../../lib/daemon/replacement/inheritance.ts";
import { ServiceManager } from "../../../lib/daemon/service_manager.ts";
import { ListeningSocket } from "../../../lib/linux/listening_socket.ts";
import { UnixListeningSocket } from "../../../lib/linux/unix_listening_socket.ts";

/** What a process finds that was started with these variables. */
function inherit(variables: Record<string, string>) {
  for (const [name, value] of Object.entries(variables)) {
    Deno.env.set(name, value);
  }
  using manager = ServiceManager.fromEnvironment();
  try {
    return takeInheritance(manager);
  } finally {
    for (const name of Object.keys(variables)) {
      equal(Deno.env.get(name), undefined, `${name} is nobody else's`);
    }
  }
}

Deno.test("takeInheritance() finds what inheritanceVariables() hands down", async () => {
  const folder = await Deno.makeTempDir({ prefix: "worker-inherit-" });
  try {
    using listening = ListeningSocket.listen({
      hostname: "127.0.0.1",
      port: 0,
    });
    using admin = UnixListeningSocket.listen(`${folder}/admin.sock`, {
      uid: Deno.uid()!,
      gid: Deno.gid()!,
    });
    const variables = inheritanceVariables([listening.duplicate()], {
      admin: admin.duplicate(),
      aliveMs: 333.3,
      replaces: true,
    });
    const found = inherit(variables);
    using stack = new DisposableStack();
    for (const socket of found.sockets ?? []) stack.use(socket);
    stack.use(found.admin);
    deepEqual(found.sockets?.map(({ address }) => address), [
      listening.address,
    ]);
    equal(found.admin === null, false);
    deepEqual([found.aliveMs, found.replaces], [334, true]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("takeInheritance() is nothing for a server that nobody started", () => {
  deepEqual(inherit({}), {
    sockets: null,
    admin: null,
    aliveMs: null,
    replaces: false,
  });
});

Deno.test("takeInheritance() names the variable that is nonsense", () => {
  for (
    const [name, value] of [
      ["WORKER_SOCKETS", "3,x"],
      ["WORKER_ADMIN_SOCKET", "0"],
      ["WORKER_ADMIN_SOCKET", "99999"],
      ["WORKER_ALIVE_MS", "-1"],
    ] as const
  ) {
    throws(
      () => inherit({ [name]: value }),
      new RegExp(`${name} "${value}": `),
    );
  }
});
