/** Where a server listens: several addresses, IPv6, ports that the kernel chooses, sockets of others. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { runCommand } from "../helpers/command.ts";
import { freePort } from "../helpers/free_port.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { startWorker, type Worker, WORKER_BIN } from "../helpers/worker.ts";

function hasIpv6(): boolean {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

/** Lines of `run/address`. */
async function addresses(stateDir: string): Promise<string[]> {
  const path = `${stateDir}/run/address`;
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

async function reach(worker: Worker, address: string) {
  const { cacert, cert, key } = worker.admin;
  return await runCommand([
    ...["curl", "--silent", "--show-error", "--fail", "--cacert", cacert],
    ...["--cert", cert, "--key", key, `https://${address}/v1/jobs`],
  ]);
}

Deno.test({
  name: "worker serve listens on each --listen, and says where",
  ignore: !hasIpv6(),
  async fn() {
    await using worker = await startWorker({
      args: [
        ...["--listen=[::1]:0", "--listen=localhost:0"],
        ...["--listen=127.0.0.2:0", "--host=127.0.0.2"],
      ],
    });
    const { stateDir } = worker;
    const listening = await addresses(stateDir);
    const hosts = listening.map((address) =>
      address.slice(0, address.lastIndexOf(":"))
    );
    // What localhost is, besides 127.0.0.1, is up to the host.
    ok(hosts.length >= 4, listening.join());
    deepEqual([...new Set(hosts)].sort(), ["127.0.0.1", "127.0.0.2", "[::1]"]);
    const ports = listening.map((address) => address.split(":").at(-1));
    ok(ports.every((port) => Number(port) > 0), listening.join());
    const words = `worker listens on ${listening.join(", ")}\n`;
    await waitFor("its words", () => worker.log.includes(words));
    for (const address of listening) {
      // Its certificate names each of them, the last because it was told to.
      const { code, stderr } = await reach(worker, address);
      equal(code, 0, `${address}: ${stderr}`);
    }
    // The one that takes its place listens on the same.
    equal(await worker.replace(), 0);
    deepEqual(await addresses(stateDir), listening);
    for (const address of listening) {
      equal((await reach(worker, address)).code, 0, address);
    }
  },
});

Deno.test("worker serve listens nowhere when one of its addresses is taken", async () => {
  await using worker = await startWorker();
  const port = freePort();
  const { code, stderr } = await worker.cli([
    "serve",
    `--state-dir=${worker.folder}/other`,
    `--listen=127.0.0.1:${port}`,
    `--listen=${worker.addr}`,
  ]);
  equal(code, 125, stderr);
  match(stderr, new RegExp(`cannot listen on "${worker.addr}"`));
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});

Deno.test({
  name: "worker serve takes over the sockets of a socket unit",
  ignore: await runCommand(["systemd-socket-activate", "--version"])
    .then(({ code }) => code !== 0, () => true),
  async fn() {
    // For its folder, its certificates and its job host.
    await using worker = await startWorker();
    const { stateDir } = worker;
    await worker.stop();
    const ports = [freePort(), freePort()];
    const activated = new Deno.Command("systemd-socket-activate", {
      args: [
        ...ports.flatMap((port) => ["-l", `127.0.0.1:${port}`]),
        ...Object.keys(worker.env).map((name) => `--setenv=${name}`),
        ...[WORKER_BIN, "serve", `--state-dir=${stateDir}`],
        // What a socket unit says counts.
        "--listen=127.0.0.1:1",
      ],
      env: worker.env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await waitFor("the ports", async () => {
        const listening = await Deno.readTextFile("/proc/net/tcp");
        return ports.every((port) =>
          listening.includes(`:${port.toString(16).toUpperCase()} `)
        );
      });
      equal(await worker.serving().then((pids) => pids.length), 1);
      // The first connection starts it, and is served.
      for (const port of ports) {
        const { code, stderr } = await reach(worker, `127.0.0.1:${port}`);
        equal(code, 0, stderr);
      }
      await waitFor(
        "its address",
        async () => (await addresses(stateDir)).length === 2,
      );
      deepEqual(
        await addresses(stateDir),
        ports.map((port) => `127.0.0.1:${port}`),
      );
      // It replaces itself with the same sockets.
      activated.kill("SIGUSR2");
      equal((await activated.status).code, 0);
      await worker.adopt();
      equal((await reach(worker, `127.0.0.1:${ports[1]}`)).code, 0);
    } finally {
      await worker.adopt().catch(() => {});
      await worker.stop();
      await activated.status;
    }
  },
});
