import { equal } from "node:assert/strict";
import net from "node:net";
import { findAdminSocket } from "../../cli/admin_socket.ts";

Deno.test("findAdminSocket() finds the socket of a state directory, and nothing else", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "worker-admin-" });
  const path = `${folder}/run/admin.sock`;
  await t.step("no run directory", async () => {
    equal(await findAdminSocket(folder), null);
  });
  await Deno.mkdir(`${folder}/run`);
  await t.step("no socket", async () => {
    equal(await findAdminSocket(folder), null);
  });
  await t.step("a file in its place", async () => {
    await Deno.writeTextFile(path, "");
    equal(await findAdminSocket(folder), null);
    await Deno.remove(path);
  });
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await t.step("a socket", async () => {
    equal(await findAdminSocket(folder), `unix:${path}`);
  });
  await t.step("a link to a socket", async () => {
    await Deno.mkdir(`${folder}/other/run`, { recursive: true });
    await Deno.symlink(path, `${folder}/other/run/admin.sock`);
    equal(await findAdminSocket(`${folder}/other`), null);
  });
  await t.step({
    name: "somebody else's socket",
    // It takes root to make one, and root may open any.
    ignore: Deno.uid() !== 0,
    async fn() {
      await Deno.chown(path, 1, 1);
      equal(await findAdminSocket(folder), `unix:${path}`);
    },
  });
  await new Promise((resolve) => server.close(resolve));
  await Deno.remove(folder, { recursive: true });
});
