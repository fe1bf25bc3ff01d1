/** Why `worker serve --run-as` does not start. */
import { equal, match } from "node:assert/strict";
import { runCommand } from "../helpers/command.ts";
import { WORKER_BIN } from "../helpers/worker.ts";
import { AS_NOBODY, NOBODY } from "./kept_worker.ts";

const ignore = Deno.uid() !== 0;

Deno.test({
  name: "worker serve --run-as says why it can't",
  ignore,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "worker-run-as-" });
    await Deno.chmod(folder, 0o755);
    const serve = (
      user: string,
      {
        state = "state",
        as = [] as string[],
        listen = "127.0.0.1:0",
      } = {},
    ) =>
      runCommand([
        ...as,
        WORKER_BIN,
        "serve",
        `--run-as=${user}`,
        `--state-dir=${folder}/${state}`,
        `--listen=${listen}`,
      ], {
        env: as.length > 0
          ? { XDG_CACHE_HOME: `${folder}/cache`, HOME: folder }
          : { XDG_CACHE_HOME: CACHE },
      });
    await t.step("no such user", async () => {
      const { code, stderr } = await serve("no-such-user");
      equal(code, 2);
      match(stderr, /--run-as "no-such-user": this host has no such user/);
    });
    await t.step("root", async () => {
      const { code, stderr } = await serve("root");
      equal(code, 2);
      match(stderr, /--run-as "root": this is root/);
    });
    await t.step("not root", async () => {
      await Deno.mkdir(`${folder}/cache`);
      await Deno.chown(`${folder}/cache`, NOBODY, NOBODY);
      const { code, stderr } = await serve("nobody", { as: AS_NOBODY });
      equal(code, 126);
      match(stderr, /--run-as "nobody" takes root/);
    });
    await t.step("a file of somebody else", async () => {
      await Deno.mkdir(`${folder}/foreign/ca`, { recursive: true });
      await Deno.writeTextFile(`${folder}/foreign/ca/ca.key`, "");
      await Deno.chown(`${folder}/foreign/ca/ca.key`, 12345, 12345);
      const { code, stderr } = await serve("nobody", { state: "foreign" });
      equal(code, 122);
      match(stderr, /ca\.key": it belongs to the user 12345/);
    });
    await t.step("a symbolic link", async () => {
      await Deno.mkdir(`${folder}/linked`);
      await Deno.writeTextFile(`${folder}/secret`, "");
      await Deno.symlink("../secret", `${folder}/linked/server.key`);
      const { code, stderr } = await serve("nobody", { state: "linked" });
      equal(code, 122);
      match(stderr, /server\.key": it is neither a file nor a folder/);
      equal((await Deno.stat(`${folder}/secret`)).uid, 0);
    });
    await t.step("a file with another name", async () => {
      await Deno.mkdir(`${folder}/named`);
      await Deno.link(`${folder}/secret`, `${folder}/named/server.key`);
      const { code, stderr } = await serve("nobody", { state: "named" });
      equal(code, 122);
      match(stderr, /server\.key": it has 2 names/);
      equal((await Deno.stat(`${folder}/secret`)).uid, 0);
    });
    await t.step("the port is in use", async () => {
      using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { code, stderr } = await serve("nobody", {
        state: "late",
        listen: `127.0.0.1:${taken.addr.port}`,
      });
      equal(code, 125);
      match(stderr, /in use/);
      const left = Deno.readDirSync(`${folder}/late/run`);
      equal(Array.from(left).some(({ name }) => name === "jobhost.log"), false);
    });
    await t.step("a folder that others may write", async () => {
      await Deno.mkdir(`${folder}/open`);
      await Deno.chmod(`${folder}/open`, 0o777);
      const { code, stderr } = await serve("nobody", { state: "open/state" });
      equal(code, 122);
      match(stderr, /others than root may rename what is in it/);
    });
    await t.step("a folder that the user can't enter", async () => {
      await Deno.mkdir(`${folder}/closed`, { mode: 0o700 });
      const { code, stderr } = await serve("nobody", { state: "closed/state" });
      equal(code, 126);
      match(stderr, /the user "nobody" can't read ".*closed\/state"/);
    });
    await Deno.remove(folder, { recursive: true });
  },
});

const CACHE = new URL("../../build/cache", import.meta.url).pathname;
