import { deepEqual, equal, throws } from "node:assert/strict";
import { join } from "node:path";
import { DirectoryReplica, MemberDirectory } from "../../lib/cluster/mod.ts";
import { refused } from "../helpers/refused.ts";
import { VirtualClock } from "../helpers/virtual_clock.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { node, proxy } from "./statuses.ts";

/** A replica of a directory that a test can cut off. */
class Replicated implements AsyncDisposable {
  readonly auth = new MemberDirectory();
  readonly folder = Deno.makeTempDirSync({ prefix: "worker-replica-" });
  readonly path = join(this.folder, "directory.json");
  readonly clock = new VirtualClock();
  readonly removed: string[] = [];
  away = false;
  opened = 0;
  #cut = new AbortController();
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  copy = new MemberDirectory();

  start(): void {
    this.copy = new MemberDirectory({ known: false, clock: this.clock });
    this.#stop = new AbortController();
    const replica = new DirectoryReplica({
      directory: this.copy,
      path: this.path,
      clock: this.clock,
      random: () => 0.5,
      removed: (kind, name) => void this.removed.push(`${kind} ${name}`),
      open: (path, options) => this.#open(path, options),
    });
    this.#running = replica.run({ signal: this.#stop.signal });
  }

  // deno-lint-ignore require-await
  async #open(path: string, { signal }: { signal: AbortSignal }) {
    this.opened++;
    if (this.away) throw new Error("auth is away");
    const kind = path === "/v1/nodes?watch=true" ? "node" : "proxy";
    const cut = this.#cut.signal;
    const changes = this.auth.watch(kind, {
      signal: AbortSignal.any([signal, cut]),
    });
    return async function* () {
      for await (const change of changes) {
        yield JSON.parse(JSON.stringify(change)) as unknown;
      }
    }();
  }

  /** Ends what is open. */
  cut(): void {
    this.#cut.abort();
    this.#cut = new AbortController();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("run() keeps a copy of what auth knows", async () => {
  await using one = new Replicated();
  const { auth, clock } = one;
  auth.setNode(node("a", { labels: { env: "prod" } }));
  auth.setProxy(proxy("p", { addresses: ["p:1"] }));
  one.start();
  await one.copy.whenKnown();
  deepEqual(one.copy.nodes(), auth.nodes());
  deepEqual(one.copy.proxies(), auth.proxies());
  equal(one.copy.findNode("env=prod").name, "a");
  auth.setNode(node("a", { state: "offline" }));
  auth.remove("proxy", "p");
  await clock.run(0);
  equal(one.copy.findNode("a").state, "offline");
  deepEqual(one.copy.proxies(), []);
  deepEqual(one.removed, ["proxy p"]);
});

Deno.test("run() keeps the last state while auth is away, and what is gone meanwhile goes after", async () => {
  await using one = new Replicated();
  const { auth, clock } = one;
  auth.setNode(node("a"));
  auth.setNode(node("b"));
  one.start();
  await waitFor("both", () => one.copy.nodes().length === 2);
  one.away = true;
  one.cut();
  const before = one.opened;
  await clock.run(100_000);
  equal(one.copy.nodes().length, 2);
  // Half a second, a second … fifteen: twice for each try, one of nodes and one of proxies.
  const tries = (one.opened - before) / 2;
  equal(tries > 6 && tries < 16, true, `${tries}`);
  auth.remove("node", "a");
  auth.setNode(node("c"));
  one.away = false;
  await clock.run(16_000);
  deepEqual(one.copy.nodes().map(({ name }) => name), ["b", "c"]);
  deepEqual(one.removed, ["node a"]);
  throws(() => one.copy.findNode("a"), refused("NOT_FOUND", /no node "a"/));
});

Deno.test("run() begins with what it knew when it starts without auth", async () => {
  await using one = new Replicated();
  const { auth, clock, path } = one;
  auth.setNode(node("a", { addresses: ["a:1"] }));
  one.start();
  await waitFor("the node", () => one.copy.node("a"));
  await one.stop();
  equal(Deno.statSync(path).mode! & 0o777, 0o600);
  one.away = true;
  one.start();
  await one.copy.whenKnown();
  equal(one.copy.findNode("a:1").name, "a");
  await one.stop();
  Deno.writeTextFileSync(path, '{"nodes": [{"name": "../evil"}]}');
  one.start();
  await waitFor("a try", () => one.opened > 4);
  deepEqual(one.copy.nodes(), []);
  one.away = false;
  await clock.run(16_000);
  equal(one.copy.nodes().length, 1);
});

Deno.test("run() writes the file at most every few seconds", async () => {
  await using one = new Replicated();
  const { auth, clock, path } = one;
  auth.setNode(node("a"));
  one.start();
  await waitFor("the node", () => one.copy.node("a"));
  await clock.run(5_000);
  await waitFor("the file", () => exists(path));
  const first = Deno.statSync(path).ino;
  for (let n = 0; n < 20; n++) {
    auth.setNode(node("a", { version: `1.${n}.0` }));
    await clock.run(200);
  }
  equal(Deno.statSync(path).ino, first);
  await clock.run(5_000);
  await waitFor("it anew", () => Deno.readTextFileSync(path).includes("1.19"));
});

Deno.test("run() takes nothing that is not what auth tells, and tries again", async () => {
  await using one = new Replicated();
  const { auth, clock } = one;
  auth.setNode({ ...node("a"), version: "x".repeat(100) });
  one.start();
  await clock.run(10_000);
  deepEqual(one.copy.nodes(), []);
  auth.setNode(node("a"));
  await waitFor("the node", async () => {
    await clock.run(1_000);
    return one.copy.node("a")?.version === "1.0.0";
  });
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
