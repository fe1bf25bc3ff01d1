import { deepEqual, equal } from "node:assert/strict";
import { UnixListener } from "../../lib/jobhost/unix_listener.ts";
import { runCommand } from "../helpers/command.ts";

const NOBODY = 65534;

async function listen(uids: number[]) {
  const folder = await Deno.makeTempDir({ prefix: "worker-socket-" });
  const path = `${folder}/s.sock`;
  const asked: string[] = [];
  const listener = await UnixListener.listen({
    path,
    uids: new Set(uids),
    handler: (incoming, outgoing) => {
      asked.push(incoming.url ?? "");
      outgoing.end("hello");
      return Promise.resolve();
    },
  });
  return {
    path,
    folder,
    asked,
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const curl = (path: string) => [
  "curl",
  "--silent",
  "--unix-socket",
  path,
  "http://jobhost/",
];

const asNobody = (command: string[]) =>
  runCommand([
    "setpriv",
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    "--clear-groups",
    ...command,
  ]);

Deno.test("UnixListener makes a socket that only its owner may open", async () => {
  await using server = await listen([Deno.uid()!]);
  equal((await Deno.lstat(server.path)).mode! & 0o777, 0o600);
  equal((await runCommand(curl(server.path))).stdout, "hello");
});

Deno.test({
  name: "UnixListener cuts off a peer who may not connect, before it asks",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using server = await listen([0]);
    // Even where the file's mode would let everybody in.
    await Deno.chmod(server.folder, 0o755);
    await Deno.chmod(server.path, 0o666);
    const { code, stdout } = await asNobody(curl(server.path));
    // Which of them depends on when it notices.
    equal([7, 52, 56].includes(code), true, `curl ended with ${code}`);
    equal(stdout, "");
    deepEqual(server.asked, []);
  },
});

Deno.test({
  name: "UnixListener lets in a peer whose user was named",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using server = await listen([0, NOBODY]);
    await Deno.chmod(server.folder, 0o755);
    await Deno.chmod(server.path, 0o666);
    equal((await asNobody(curl(server.path))).stdout, "hello");
  },
});
