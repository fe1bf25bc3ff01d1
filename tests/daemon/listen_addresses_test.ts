import { deepEqual, equal, match, notEqual, rejects } from "node:assert/strict";
import {
  describeAddresses,
  listenOn,
} from "../../lib/daemon/listen_addresses.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";

function close(sockets: readonly ListeningSocket[]): void {
  for (const socket of sockets) socket[Symbol.dispose]();
}

Deno.test("listenOn() listens on all addresses of a name with one port", async () => {
  const sockets = await listenOn([{ hostname: "here", port: 0 }], {
    resolve: () => Promise.resolve(["127.0.0.1", "::1", "127.0.0.1"]),
  });
  const addresses = sockets.map(({ address }) => address);
  close(sockets);
  const { port } = addresses[0]!;
  notEqual(port, 0);
  deepEqual(addresses, [
    { hostname: "127.0.0.1", port },
    { hostname: "::1", port },
  ]);
  equal(describeAddresses(addresses), `127.0.0.1:${port}\n[::1]:${port}`);
});

Deno.test("listenOn() passes over an address of a name that this host does not have", async () => {
  const sockets = await listenOn([{ hostname: "here", port: 0 }], {
    resolve: () => Promise.resolve(["192.0.2.1", "127.0.0.1"]),
  });
  deepEqual(sockets.map(({ address }) => address.hostname), ["127.0.0.1"]);
  close(sockets);
});

Deno.test("listenOn() finds the addresses of localhost", async () => {
  const sockets = await listenOn([{ hostname: "localhost", port: 0 }]);
  const names = sockets.map(({ address }) => address.hostname);
  close(sockets);
  equal(names.includes("127.0.0.1"), true, `${names}`);
});

Deno.test("listenOn() leaves no socket behind when a later address is taken", async () => {
  using taken = ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 });
  using probe = ListeningSocket.listen({ hostname: "127.0.0.2", port: 0 });
  const free = probe.address;
  probe[Symbol.dispose]();
  await rejects(listenOn([free, taken.address]), (error: Error) => {
    match(
      error.message,
      new RegExp(`"127.0.0.1:${taken.address.port}": the address is in use`),
    );
    return true;
  });
  using _again = ListeningSocket.listen(free);
});

Deno.test("listenOn() says what to do when a name has no address, or none of this host", async () => {
  await rejects(
    listenOn([{ hostname: "nowhere", port: 1 }], {
      resolve: () => Promise.reject(new Error("ENOTFOUND")),
    }),
    /"nowhere:1": the name "nowhere" has no address; write/,
  );
  await rejects(
    listenOn([{ hostname: "elsewhere", port: 0 }], {
      resolve: () => Promise.resolve(["192.0.2.1"]),
    }),
    /"192\.0\.2\.1:0": this host does not have the address/,
  );
});
