/**
 * A proxy with nodes behind it, as the command line sees them: the real API on a real listener, whose
 * nodes are all this process, and a command line that has a profile for it.
 */
import { join } from "node:path";
import { PeerVerifier, RevocationList } from "../../certs/mod.ts";
import type { NodeStatus } from "../../lib/api/presence.ts";
import { WorkerError } from "../../lib/api/errors.ts";
import { AuditLog } from "../../lib/audit/mod.ts";
import { MemberDirectory } from "../../lib/cluster/mod.ts";
import { createApp } from "../../lib/http/app.ts";
import { TlsListener } from "../../lib/http/listener/listener.ts";
import { requestListener } from "../../lib/http/request_listener.ts";
import { JobSupervisor } from "../../lib/jobs/mod.ts";
import { ListeningSocket } from "../../lib/linux/listening_socket.ts";
import type { ClusterServices } from "../../lib/http/cluster_services.ts";
import { apiCertificates } from "../helpers/api_certificates.ts";
import type { Outcome } from "./served.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** A node that is online, unless said otherwise. */
export function exampleNode(
  name: string,
  more: Partial<NodeStatus> = {},
): NodeStatus {
  return {
    id: `id-of-${name}`,
    name,
    state: "online",
    lastSeen: new Date().toISOString(),
    roles: ["node"],
    version: "1.2.3",
    addresses: [],
    labels: {},
    load: { jobs: 0, load1: 0.25, cores: 4 },
    proxies: ["door-1"],
    ...more,
  };
}

export class ServedNodes implements AsyncDisposable {
  /** Everything, also a place for jobs to meet in. */
  readonly dir: string;
  readonly directory = new MemberDirectory();
  /** Nodes that the proxy finds no way to. */
  readonly lost = new Set<string>();
  jobs!: JobSupervisor;
  /** `localhost:port`; to be changed to go another way. */
  addr = "";
  readonly #stack = new AsyncDisposableStack();

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async start(
    nodes: readonly NodeStatus[],
    cluster: Partial<ClusterServices> = {},
  ): Promise<ServedNodes> {
    const served = new ServedNodes(
      await Deno.makeTempDir({ prefix: "worker-nodes-" }),
    );
    for (const node of nodes) served.directory.setNode(node);
    await served.#serve(cluster);
    return served;
  }

  /** Runs the client to its end. */
  async worker(args: readonly string[]): Promise<Outcome> {
    const { code, stdout, stderr } = await this.spawn(args).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }

  /** Starts the client. */
  spawn(args: readonly string[]): Deno.ChildProcess {
    const file = (name: string) => join(this.dir, name);
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", MAIN, ...args],
      env: {
        XDG_CONFIG_HOME: file("config"),
        WORKER_PROFILE: "",
        WORKER_ADDR: this.addr,
        WORKER_CACERT: file("ca.crt"),
        WORKER_CERT: file("admin.crt"),
        WORKER_KEY: file("admin.key"),
        NO_COLOR: "1",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async #serve(more: Partial<ClusterServices>): Promise<void> {
    this.#stack.defer(() => Deno.remove(this.dir, { recursive: true }));
    const { ca, server, clients: { admin } } = await apiCertificates();
    await Deno.writeTextFile(join(this.dir, "ca.crt"), ca);
    await Deno.writeTextFile(join(this.dir, "admin.crt"), admin.cert);
    await Deno.writeTextFile(join(this.dir, "admin.key"), admin.key);
    this.jobs = this.#stack.use(
      new JobSupervisor({
        directory: join(this.dir, "jobs"),
        shutdownGrace: 0,
      }),
    );
    const audit = this.#stack.use(
      new AuditLog({ directory: join(this.dir, "audit") }),
    );
    const app = createApp({
      jobs: this.jobs,
      audit,
      version: "1.2.3",
      unready: () => null,
      connections: () => 0,
      services: () => [],
      metrics: () => Promise.resolve([]),
      cluster: { directory: this.directory, ...more },
      nodes: {
        route: (selector) => {
          const { name } = this.directory.findNode(selector);
          if (!this.lost.has(name)) return Promise.resolve({ type: "local" });
          return Promise.reject(
            new WorkerError("UNAVAILABLE", `no way to "${name}"`),
          );
        },
      },
    });
    const verifier = new PeerVerifier({
      caBundle: ca,
      revocations: await RevocationList.load(join(this.dir, "revoked.json")),
    });
    const socket = this.#stack.use(
      ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 }),
    );
    const listener = this.#stack.use(
      await TlsListener.listen({
        sockets: [socket],
        ...server,
        ca,
        verify: (raw) => verifier.verify(raw),
        recheck: (who) => verifier.recheck(who),
        handler: requestListener(app),
      }),
    );
    this.addr = `localhost:${listener.addresses[0]!.port}`;
  }
}
