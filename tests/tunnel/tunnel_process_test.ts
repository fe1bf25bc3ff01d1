/** Tunnels whose node is a process that dies, stops, or is held back. */
import { equal, match, ok, rejects } from "node:assert/strict";
import { readBody, TestProxy, tunnelCredentials } from "../helpers/tunnels.ts";
import { waitFor } from "../helpers/wait_for.ts";

const get = (path: string) => ({ method: "GET", path, headers: {} });
const MIB = 1 << 20;

/** A node in a process of its own; killed with its scope. */
class NodeProcess implements AsyncDisposable {
  #ended = false;

  private constructor(private readonly child: Deno.ChildProcess) {
    void child.status.then(() => this.#ended = true);
  }

  static async start(address: string): Promise<NodeProcess> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--allow-all", "--quiet", "--cached-only"],
        fileOf("node_process.ts"),
      ],
      stdin: "piped",
      stdout: "null",
    }).spawn();
    const credentials = await tunnelCredentials("web-1");
    await new Blob([JSON.stringify({ address, credentials })]).stream()
      .pipeTo(child.stdin);
    return new NodeProcess(child);
  }

  kill(signal: Deno.Signal): void {
    this.child.kill(signal);
  }

  /** Resident memory, bytes. */
  async rss(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.child.pid}/status`);
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.child.kill("SIGKILL");
    await this.child.status;
  }
}

function fileOf(name: string): string {
  return new URL(name, import.meta.url).pathname;
}

Deno.test("TunnelSession ends, and cuts its answers, when the node is killed", async () => {
  await using proxy = await TestProxy.start();
  await using node = await NodeProcess.start(proxy.address);
  const tunnel = await proxy.tunnel("web-1");
  const { body } = await tunnel.request(get("/part"));
  const cut = rejects(readBody(body), /was cut/);
  node.kill("SIGKILL");
  await cut;
  equal(await tunnel.closed, "the node closed the connection");
  equal(proxy.server.registry.size, 0);
});

Deno.test("TunnelSession ends, and cuts its answers, when the node is silent", async () => {
  await using proxy = await TestProxy.start({
    pingIntervalMs: 100,
    pingTimeoutMs: 2_000,
  });
  await using node = await NodeProcess.start(proxy.address);
  const tunnel = await proxy.tunnel("web-1");
  const { body } = await tunnel.request(get("/part"));
  const cut = rejects(readBody(body), /was cut/);
  node.kill("SIGSTOP");
  await cut;
  match(await tunnel.closed ?? "", /no answer to a ping within 2000 ms/);
  equal(proxy.server.registry.size, 0);
});

Deno.test("request() holds back the node, and costs no memory, when its reader is slow", async () => {
  await using proxy = await TestProxy.start();
  await using node = await NodeProcess.start(proxy.address);
  const tunnel = await proxy.tunnel("web-1");
  const count = async (path: string) => {
    let length = 0;
    const { body } = await tunnel.request(get(path));
    for await (const bytes of body) length += bytes.length;
    return length;
  };
  equal(await count(`/bytes?n=${64 * MIB}`), 64 * MIB);
  const before = { own: Deno.memoryUsage().rss, node: await node.rss() };
  const slow = [];
  for (let each = 0; each < 20; each++) {
    const { body } = await tunnel.request(get(`/bytes?n=${1024 * MIB}`));
    const bytes = body[Symbol.asyncIterator]();
    await bytes.next();
    slow.push(bytes);
  }
  // Far more than all windows together goes past them.
  equal(await count(`/bytes?n=${256 * MIB}`), 256 * MIB);
  // Each slow one holds a window of 1 MiB at most.
  ok(Deno.memoryUsage().rss - before.own < 150 * MIB);
  ok(await node.rss() - before.node < 150 * MIB);
  for (const bytes of slow) await bytes.return?.(undefined);
  await waitFor("idle", () => tunnel.status.requests === 0);
});

Deno.test("request() holds back its sender when the node does not read", async () => {
  await using proxy = await TestProxy.start();
  await using _node = await NodeProcess.start(proxy.address);
  const tunnel = await proxy.tunnel("web-1");
  const chunk = new Uint8Array(64 * 1024);
  let sent = 0;
  const abort = new AbortController();
  const answer = tunnel.request({
    ...get("/hang"),
    method: "POST",
    signal: abort.signal,
    body: async function* () {
      while (true) {
        sent += chunk.length;
        yield await Promise.resolve(chunk);
      }
    }(),
  });
  await waitFor("a window", () => sent >= MIB);
  // A call on another stream goes through, and the sender has not gone on meanwhile.
  for (let each = 0; each < 20; each++) {
    await readBody((await tunnel.request(get("/"))).body);
  }
  ok(sent < 4 * MIB, `${sent} bytes were taken`);
  abort.abort(new Error("enough"));
  await rejects(answer, /enough/);
});
