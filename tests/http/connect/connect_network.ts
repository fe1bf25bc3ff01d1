/** A proxy that takes CONNECT, and a node behind its tunnel that listens nowhere. */
import type { Socket } from "node:net";
import { join } from "node:path";
import { hostAlternativeName } from "../../../certs/alternative_name.ts";
import type { IdentityKind } from "../../../certs/identity.ts";
import type { AuditDraft } from "../../../lib/api/audit_event.ts";
import { WorkerError } from "../../../lib/api/errors.ts";
import {
  ConnectProxy,
  type ConnectProxyOptions,
} from "../../../lib/http/connect/connect_proxy.ts";
import type { NodeRoute } from "../../../lib/http/forwarding/node_router.ts";
import { StreamServer } from "../../../lib/http/connect/stream_server.ts";
import { TlsListener } from "../../../lib/http/listener/listener.ts";
import type { ListenerLimits } from "../../../lib/http/listener/listener_limits.ts";
import type {
  Incoming,
  Outgoing,
} from "../../../lib/http/listener/listener_options.ts";
import { serveTunnel } from "../../../lib/http/forwarding/serve_tunnel.ts";
import { ListeningSocket } from "../../../lib/linux/listening_socket.ts";
import {
  AgentTunnel,
  dialProxy,
  type TunnelCredentials,
  TunnelServer,
} from "../../../lib/tunnel/mod.ts";
import {
  type CommandOptions,
  type Outcome,
  runCommand,
} from "../../helpers/command.ts";
import { tunnelAuthority, verifierFor } from "../../helpers/tunnels.ts";
import { waitFor } from "../../helpers/wait_for.ts";
import { servedAnswer } from "../served_answer.ts";

type Handler = (incoming: Incoming, outgoing: Outgoing) => unknown;

/** Credentials of a kind, good for both sides and for `localhost`, 127.0.0.1 and their own name. */
export async function credentialsOf(
  name: string,
  kind: IdentityKind,
): Promise<TunnelCredentials> {
  const authority = await tunnelAuthority();
  const { certificatePem, keyPem } = await authority.issue({
    ...{ name, kind, ttl: 86_400_000 },
    usages: kind === "user" ? ["client"] : ["client", "server"],
    sans: kind === "user"
      ? []
      : [name, "localhost", "127.0.0.1"].map(hostAlternativeName),
  });
  return { ca: authority.certificatePem, cert: certificatePem, key: keyPem };
}

/** What to change of a network under test. */
export interface ConnectNetworkOptions
  extends Partial<Omit<ConnectProxyOptions, "audit" | "accept">> {
  /** Of both listeners. */
  limits?: Partial<ListenerLimits>;
  /** What the node answers. @default {servedAnswer} */
  handler?: Handler;
  maxStreams?: number;
  /** Takes the node's streams. @default its listener */
  accept?: (socket: Socket, from: { remoteAddress: string }) => void;
}

/** Which certificates a client shows; none when there is none. */
interface Shown {
  proxy?: TunnelCredentials | undefined;
  node?: TunnelCredentials | undefined;
}

/** One proxy, `proxy-1`, which is also the node `localhost`, and one node, `web-1`. */
export class ConnectNetwork implements AsyncDisposable {
  readonly audited: AuditDraft[] = [];
  readonly tunnels = new TunnelServer({ proxy: "proxy-1", proxies: () => [] });
  readonly #stack = new AsyncDisposableStack();
  connect!: ConnectProxy;
  /** Of the node, and of the proxy's own port. */
  streams!: StreamServer;
  /** The proxy's own. */
  listener!: TlsListener;
  /** The node's, which has no socket. */
  inner!: TlsListener;
  tunnel!: AgentTunnel;
  #files!: string;

  static async start(
    options: ConnectNetworkOptions = {},
  ): Promise<ConnectNetwork> {
    const network = new ConnectNetwork();
    await network.#startProxy(options);
    await network.#startNode(options);
    network.#files = await Deno.makeTempDir({ prefix: "worker-connect-" });
    network.#stack.defer(() =>
      Deno.remove(network.#files, { recursive: true })
    );
    return network;
  }

  get port(): number {
    return this.listener.addresses[0]!.port;
  }

  /** Runs curl through the proxy to its end. */
  async curl(
    args: readonly string[],
    { proxy, node, ...options }: Shown & CommandOptions,
  ): Promise<Outcome> {
    return await runCommand(
      await this.curlCommand(args, { proxy, node }),
      options,
    );
  }

  /** The words of a curl through the proxy. */
  async curlCommand(
    args: readonly string[],
    { proxy, node }: Shown,
  ): Promise<string[]> {
    const { certificatePem } = await tunnelAuthority();
    const ca = await this.#file("ca.crt", certificatePem);
    return [
      ...["curl", "--silent", "--show-error", "--max-time", "30"],
      ...["--proxy", `https://localhost:${this.port}`],
      ...["--proxy-cacert", ca, "--cacert", ca],
      ...await this.#pair("proxy", "--proxy-", proxy),
      ...await this.#pair("node", "--", node),
      ...args,
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #startProxy(options: ConnectNetworkOptions): Promise<void> {
    const { limits = {}, handler = servedAnswer, accept: _, ...changed } =
      options;
    const own = await credentialsOf("proxy-1", "proxy");
    const verifier = await verifierFor(own.ca);
    this.connect = new ConnectProxy({
      nodes: { route: (selector) => Promise.try(() => this.route(selector)) },
      accept: options.accept ??
        ((socket, from) => this.listener.accept(socket, from)),
      audit: { record: (event) => void this.audited.push(event) },
      ...changed,
    });
    const socket = this.#stack.use(
      ListeningSocket.listen({ hostname: "127.0.0.1", port: 0 }),
    );
    this.listener = this.#stack.use(
      await TlsListener.listen({
        ...own,
        sockets: [socket],
        verify: (raw) => verifier.verify(raw),
        recheck: (who) => verifier.recheck(who),
        handler: (incoming, outgoing) =>
          this.streams.before(handler)(incoming, outgoing),
        tunnel: (connection) => this.tunnels.accept(connection),
        connect: (request) => this.connect.accept(request),
        limits,
      }),
    );
    this.#stack.use(this.tunnels);
  }

  async #startNode(options: ConnectNetworkOptions): Promise<void> {
    const { limits = {}, handler = servedAnswer, maxStreams = 512 } = options;
    const own = await credentialsOf("web-1", "node");
    const verifier = await verifierFor(own.ca);
    this.inner = this.#stack.use(
      await TlsListener.listen({
        ...own,
        sockets: [],
        verify: (raw) => verifier.verify(raw),
        recheck: (who) => verifier.recheck(who),
        handler,
        limits,
      }),
    );
    this.streams = new StreamServer({
      maxStreams,
      accept: options.accept ??
        ((socket, from) => this.inner.accept(socket, from)),
      audit: { record: (event) => void this.audited.push(event) },
    });
    const dialled = await dialProxy(`localhost:${this.port}`, {
      credentials: own,
      verifier,
      signal: new AbortController().signal,
    });
    this.tunnel = new AgentTunnel(dialled, {
      ...{ node: "web-1", labels: {} },
      handler: serveTunnel(this.streams.before(handler), { judge: verifier }),
    });
    this.#stack.defer(() => this.tunnel.close());
    this.tunnel.serve();
    await waitFor("the tunnel", () => this.tunnels.registry.get("web-1"));
  }

  /** The way to `localhost` or `web-1`. */
  route(selector: string): NodeRoute {
    if (selector === "localhost") return { type: "local" };
    const session = this.tunnels.registry.get(selector);
    if (session) {
      return {
        type: "peer",
        node: selector,
        request: (request) => session.request(request),
      };
    }
    throw selector === "web-1"
      ? new WorkerError("UNAVAILABLE", `node "${selector}" is offline`)
      : new WorkerError("NOT_FOUND", `there is no node "${selector}"`);
  }

  async #pair(
    name: string,
    prefix: string,
    credentials: TunnelCredentials | undefined,
  ): Promise<string[]> {
    if (!credentials) return [];
    return [
      `${prefix}cert`,
      await this.#file(`${name}.crt`, credentials.cert),
      `${prefix}key`,
      await this.#file(`${name}.key`, credentials.key),
    ];
  }

  async #file(name: string, text: string): Promise<string> {
    const path = join(this.#files, name);
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    return path;
  }
}
