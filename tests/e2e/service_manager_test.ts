/** What a real server tells its service manager, and in which order. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { UnixDatagram } from "../../lib/linux/unix_datagram.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { startWorker } from "../helpers/worker.ts";

/** A service manager's socket. */
async function listenForNews() {
  const folder = await Deno.makeTempDir({ prefix: "worker-notify-" });
  const socket = UnixDatagram.bind(`${folder}/notify`);
  const news: string[] = [];
  const look = () => {
    for (let said = socket.receive(); said; said = socket.receive()) {
      const names = new TextDecoder().decode(said).split("\n")
        .filter((line) => !/^(?:STATUS|MONOTONIC_USEC)=|^$/.test(line));
      news.push(names.join(" "));
    }
    return news;
  };
  return {
    path: `${folder}/notify`,
    /** All that was said, once it has these in it. */
    async until(...last: string[]): Promise<string[]> {
      await waitFor(
        `${last} of "${news}"`,
        () => last.every((one) => look().includes(one)),
      ).catch((error) => {
        throw new Error(`it said ${JSON.stringify(news)}`, { cause: error });
      });
      return news.splice(0);
    },
    [Symbol.asyncDispose]: async () => {
      socket[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("worker serve tells its service manager when it is ready, reloads, is replaced and stops", async (t) => {
  await using manager = await listenForNews();
  await using worker = await startWorker({
    env: { NOTIFY_SOCKET: manager.path },
  });
  await t.step("it is ready", async () => {
    deepEqual(await manager.until("READY=1"), ["READY=1"]);
  });
  await t.step("it reloads", async () => {
    Deno.kill(worker.pid, "SIGHUP");
    deepEqual(await manager.until("READY=1"), ["RELOADING=1", "READY=1"]);
  });
  await t.step(
    "another one takes its place, and the unit goes on",
    async () => {
      equal(await worker.replace(), 0);
      deepEqual(await manager.until("READY=1"), [
        `MAINPID=${worker.pid}`,
        "READY=1",
      ]);
    },
  );
  await t.step(
    "an attempt to replace it fails, and nothing is said",
    async () => {
      const key = `${worker.stateDir}/server.key`;
      const good = await Deno.readTextFile(key);
      await Deno.writeTextFile(key, "damaged");
      const before = worker.log.length;
      Deno.kill(worker.pid, "SIGUSR2");
      await waitFor(
        "the attempt to fail",
        () => worker.log.slice(before).includes("not replaced"),
      );
      await Deno.writeTextFile(key, good);
    },
  );
  await t.step("it stops", async () => {
    await worker.stop();
    deepEqual(await manager.until("STOPPING=1"), ["STOPPING=1"]);
  });
  await t.step("it stops at once", async () => {
    await worker.start();
    ok((await manager.until("READY=1")).length === 1);
    await worker.stop("SIGQUIT");
    deepEqual(await manager.until("STOPPING=1"), ["STOPPING=1"]);
  });
});
