import { initialise, statePaths } from "../../../certs/mod.ts";
import { loadServeConfig } from "../../../lib/config/mod.ts";
import type { ServeConfig } from "../../../lib/config/serve_config.ts";
import { KnownServers } from "../../../lib/daemon/cluster/known_servers.ts";
import { Membership } from "../../../lib/daemon/cluster/membership.ts";
import { sources } from "../../config/scratch.ts";
import { FakeClock } from "../../helpers/fake_clock.ts";
import type { ServedCluster } from "../../http/served_cluster.ts";

/** A host that is to join a cluster, with a state directory and a clock of its own. */
export class JoiningHost implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly paths;

  private constructor(
    readonly stateDir: string,
    readonly served: ServedCluster,
  ) {
    this.clock.setWall(served.cluster.clock.now());
    this.paths = statePaths(stateDir);
  }

  static async make(served: ServedCluster): Promise<JoiningHost> {
    const stateDir = await Deno.makeTempDir({ prefix: "worker-joining-" });
    return new JoiningHost(stateDir, served);
  }

  /** Its configuration, of a node "web-1" of that cluster unless told otherwise. */
  async config(flags: Record<string, string[]> = {}): Promise<ServeConfig> {
    const { caPins } = await this.served.cluster.authority.ca();
    return await loadServeConfig(sources({
      flags: {
        roles: ["node"],
        name: ["web-1"],
        "state-dir": [this.stateDir],
        proxy: [this.served.address],
        "ca-pin": caPins,
        ...flags,
      },
    }));
  }

  /** What it has of the cluster, started with those flags. */
  async membership(
    flags: Record<string, string[]> = {},
    { addresses }: { addresses?: () => readonly string[] } = {},
  ): Promise<Membership> {
    const live = { current: await this.config(flags) };
    const given = addresses ?? (() => live.current.proxies);
    const servers = await KnownServers.load(this.stateDir, { given });
    return new Membership({ live, servers, clock: this.clock });
  }

  /** Joins with a token that is made for it. */
  async joined(request: Record<string, unknown> = {}): Promise<Membership> {
    const token = await this.served.cluster.token(request);
    const membership = await this.membership({ join: [token] });
    await membership.ensure({ signal: new AbortController().signal });
    return membership;
  }

  /** Calls over its certificate, as links do. */
  async calls() {
    const cert = await Deno.readTextFile(this.paths.serverCert);
    const key = await Deno.readTextFile(this.paths.serverKey);
    const client = this.served.with({ cert, key });
    return {
      call: async ({ path, body }: { path: string; body: unknown }) => {
        const { status, json, text } = await client.post(path, body as object);
        if (status !== 200) throw new Error(text);
        return json;
      },
    };
  }

  /** Names of what is in the state directory. */
  files(): string[] {
    return [...Deno.readDirSync(this.stateDir)].map(({ name }) => name).sort();
  }

  /** Time passes, for this host and for the cluster. */
  pass(ms: number): void {
    this.clock.pass(ms);
    this.served.cluster.clock.pass(ms);
  }

  /** Makes its state directory that of an authority. */
  async becomeAuthority(): Promise<void> {
    await initialise(this.stateDir);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Deno.remove(this.stateDir, { recursive: true });
  }
}
