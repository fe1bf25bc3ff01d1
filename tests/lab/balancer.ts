import { isAlive } from "../helpers/jobs.ts";
import { waitFor } from "../helpers/wait_for.ts";
import type { LabHost } from "./lab_host.ts";

/** How HAProxy chooses a server; `source` sticks, by the address of who connects. */
export type BalanceRule = "roundrobin" | "random" | "leastconn" | "source";

export interface BalancerOptions {
  /** `host:port` of those it chooses from. */
  servers: readonly string[];
  /** @default {"roundrobin"} */
  rule?: BalanceRule;
  /** Where it listens. @default {7443} */
  port?: number;
}

/** HAProxy on a host: it passes connections on as they are, TLS and all. */
export class Balancer {
  /** `host:port`. */
  readonly address: string;
  readonly #host: LabHost;
  readonly #port: number;
  #pid = 0;

  private constructor(host: LabHost, port: number) {
    this.#host = host;
    this.#port = port;
    this.address = `${host.address}:${port}`;
  }

  static async start(
    host: LabHost,
    { port = 7443, ...options }: BalancerOptions,
  ): Promise<Balancer> {
    const balancer = new Balancer(host, port);
    await balancer.restart(options);
    return balancer;
  }

  /** Ends it, with all connections through it, and starts it anew. */
  async restart(options: Omit<BalancerOptions, "port">): Promise<void> {
    await this.stop();
    const { folder } = this.#host;
    const [config, log] = [`${folder}/haproxy.cfg`, `${folder}/haproxy.log`];
    await Deno.writeTextFile(config, this.#configuration(options));
    this.#pid = await this.#host.daemon(["haproxy", "-db", "-f", config], {
      log,
    });
    await waitFor("the balancer to listen", async () => {
      if (!isAlive(this.#pid)) {
        throw new Error(`haproxy ended: ${await Deno.readTextFile(log)}`);
      }
      const { stdout } = await this.#host.run([
        ...["ss", "-Hltn", `sport = :${this.#port}`],
      ]);
      return stdout !== "";
    });
  }

  async stop(): Promise<void> {
    if (!isAlive(this.#pid)) return;
    Deno.kill(this.#pid, "SIGKILL");
    await waitFor("the balancer to end", () => !isAlive(this.#pid));
  }

  #configuration(
    { servers, rule = "roundrobin" }: Omit<BalancerOptions, "port">,
  ): string {
    return [
      "defaults",
      "  mode tcp",
      "  timeout connect 2s",
      "  timeout client 1h",
      "  timeout server 1h",
      "  option redispatch",
      "frontend workers",
      `  bind ${this.address}`,
      "  default_backend proxies",
      "backend proxies",
      `  balance ${rule}`,
      ...servers.map((address, index) =>
        `  server s${index} ${address} check inter 500ms fall 2 rise 1`
      ),
      "",
    ].join("\n");
  }
}
