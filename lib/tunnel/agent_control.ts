import type {
  Http2ServerRequest,
  Http2ServerResponse,
  ServerHttp2Session,
} from "node:http2";
import type { Clock } from "../clock.ts";
import {
  checkVersion,
  encodeControl,
  type NodeMessage,
  type ProxyHello,
  type ProxyMessage,
} from "./control_message.ts";
import { ControlReader } from "./control_reader.ts";
import { pingPeer } from "./ping_peer.ts";
import type { ProxyInfo } from "./proxy_info.ts";
import type { SocketBacklog } from "../http/listener/socket_backlog.ts";

/** What an {@linkcode AgentControl} speaks over, and whom it tells. */
export interface AgentControlOptions {
  incoming: Http2ServerRequest;
  outgoing: Http2ServerResponse;
  session: ServerHttp2Session;
  backlog: SocketBacklog;
  clock: Clock;
  /** Who must be at the other end, by its certificate. */
  proxy: string;
  node: string;
  labels: Readonly<Record<string, string>>;
  version: string;
  requests(): { open: number; total: number };
  onHello(): void;
  onProxies(proxies: readonly ProxyInfo[]): void;
  onDrain(how: { returns: boolean }): void;
  /** The stream is over: null in good order, else why. */
  onEnd(reason: string | null): void;
}

/** The node's end of a control stream: reads the request's body, writes the response's. */
export class AgentControl {
  readonly #options: AgentControlOptions;
  readonly #reader;
  #stopped = false;
  #ended = false;
  #stopPings = () => {};
  #cancelStats = () => {};

  constructor(options: AgentControlOptions) {
    this.#options = options;
    const { incoming, outgoing, proxy } = options;
    this.#reader = new ControlReader({ from: "proxy", name: proxy });
    outgoing.writeHead(200, { "content-type": "application/x-ndjson" });
    incoming.on("data", (bytes: Uint8Array) => this.#read(bytes));
    incoming.once("end", () => {
      outgoing.end();
      this.#end(null);
    });
    outgoing.once("close", () => this.#end("the control stream was cut"));
  }

  /** Tells the proxy something; nothing once the stream is over. */
  send(message: NodeMessage): void {
    const { outgoing } = this.#options;
    if (!this.#ended) outgoing.write(encodeControl(message));
  }

  /** Ends pings and statistics, for good. */
  stop(): void {
    this.#stopped = true;
    this.#stopPings();
    this.#cancelStats();
  }

  #end(reason: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.stop();
    this.#options.onEnd(reason);
  }

  #read(bytes: Uint8Array): void {
    if (this.#ended) return;
    try {
      for (const message of this.#reader.push(bytes)) {
        this.#take(message);
        if (this.#ended) return;
      }
    } catch (error) {
      this.#end((error as Error).message);
    }
  }

  #take(message: ProxyMessage): void {
    const { onProxies, onDrain } = this.#options;
    if (message.type === "hello") this.#greet(message);
    else if (message.type === "proxies") onProxies(message.proxies);
    else onDrain(message);
  }

  #greet(hello: ProxyHello): void {
    const { node, labels, version } = this.#options;
    this.send({ type: "hello", version, node, labels: { ...labels } });
    checkVersion(version, hello.version);
    if (this.#stopped) return;
    const { session, backlog, clock, onHello } = this.#options;
    this.#stopPings = pingPeer(session, {
      ...{ backlog, clock },
      intervalMs: hello.pingIntervalMs,
      timeoutMs: hello.pingTimeoutMs,
      onSilent: () =>
        this.#end(`no answer to a ping within ${hello.pingTimeoutMs} ms`),
    });
    this.#count(hello.gossipIntervalMs);
    onHello();
  }

  #count(everyMs: number): void {
    const { clock, requests } = this.#options;
    this.#cancelStats = clock.after(everyMs, () => {
      this.send({ type: "stats", ...requests() });
      this.#count(everyMs);
    });
  }
}
