import { deepEqual, equal, throws } from "node:assert/strict";
import { UnixListeningSocket } from "../../lib/linux/unix_listening_socket.ts";

const OWN = { uid: Deno.uid()!, gid: Deno.gid()! };

async function inFolder(
  test: (path: string) => Promise<void> | void,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "worker-unix-" });
  try {
    await test(`${folder}/x.sock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("listen() makes a socket for one user, and takes the path over", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(path, "something else");
    using socket = UnixListeningSocket.listen(path, OWN);
    equal(socket.fd > 2, true);
    const { mode, isSocket } = await Deno.lstat(path);
    deepEqual([isSocket, mode! & 0o777], [true, 0o600]);
    (await Deno.connect({ transport: "unix", path })).close();
    const names = Array.from(Deno.readDirSync(path.replace(/\/[^/]*$/, "")));
    equal(names.length, 1);
  }));

Deno.test({
  name: "listen() gives the socket to another user when root asks for it",
  ignore: Deno.uid() !== 0,
  fn: () =>
    inFolder(async (path) => {
      using _ = UnixListeningSocket.listen(path, { uid: 65_534, gid: 65_534 });
      const { uid, gid } = await Deno.lstat(path);
      deepEqual([uid, gid], [65_534, 65_534]);
    }),
});

Deno.test("listen() works when the path is longer than a socket's address", async () => {
  const folder = await Deno.makeTempDir({ prefix: "worker-unix-" });
  try {
    const deep = `${folder}/${"x".repeat(200)}`;
    await Deno.mkdir(deep);
    using _ = UnixListeningSocket.listen(`${deep}/x.sock`, OWN);
    equal((await Deno.lstat(`${deep}/x.sock`)).isSocket, true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("listen() leaves nothing behind when it can't have the path", () =>
  inFolder(async (path) => {
    await Deno.mkdir(`${path}/in`, { recursive: true });
    throws(() => UnixListeningSocket.listen(path, OWN));
    const folder = path.replace(/\/[^/]*$/, "");
    deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), [
      "x.sock",
    ]);
  }));

Deno.test("adopt() goes on with a duplicate when the first is closed", () =>
  inFolder(async (path) => {
    const first = UnixListeningSocket.listen(path, OWN);
    using second = UnixListeningSocket.adopt(first.duplicate());
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    throws(() => first.fd, /closed/);
    equal(second.fd > 2, true);
    (await Deno.connect({ transport: "unix", path })).close();
  }));

Deno.test("adopt() refuses what is no unix socket that listens", () => {
  throws(() => UnixListeningSocket.adopt(0), /descriptor 0: it is no unix/);
  throws(() => UnixListeningSocket.adopt(9_999), /descriptor 9999/);
});
