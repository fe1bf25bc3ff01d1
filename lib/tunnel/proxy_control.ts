import type { ClientHttp2Stream } from "node:http2";
import type { Clock } from "../clock.ts";
import {
  checkVersion,
  encodeControl,
  type NodeHello,
  type NodeMessage,
  type ProxyHello,
  type ProxyMessage,
} from "./control_message.ts";
import { ControlReader } from "./control_reader.ts";
import { BACKLOG_HIGH_WATER } from "../http/listener/socket_backlog.ts";
import type { ProxyInfo } from "./proxy_info.ts";

/** What a {@linkcode ProxyControl} speaks over, and whom it tells. */
export interface ProxyControlOptions {
  stream: ClientHttp2Stream;
  clock: Clock;
  hello: ProxyHello;
  /** Who must be at the other end, by its certificate. */
  node: string;
  /** The list as it is now. */
  proxies(): readonly ProxyInfo[];
  /** The node said hello, and it may be used. */
  onHello(hello: NodeHello): void;
  onStats(stats: { open: number; total: number }): void;
  /** The node takes nothing new, or `returns` with another connection. */
  onDrain(how: { returns: boolean }): void;
  /** The stream is over. */
  onEnd(reason: string): void;
}

/** The proxy's end of a control stream: says hello, tells of proxies at once and every interval. */
export class ProxyControl {
  readonly #options: ProxyControlOptions;
  readonly #reader;
  #greeted = false;
  #finished = false;
  #ended = false;
  #cancelGossip = () => {};

  constructor(options: ProxyControlOptions) {
    this.#options = options;
    const { stream, hello, node } = options;
    this.#reader = new ControlReader({ from: "node", name: node });
    stream.on("error", ({ message }) => this.#end(message));
    stream.on("data", (bytes: Uint8Array) => this.#read(bytes));
    stream.once("close", () => this.#end("the control stream was cut"));
    stream.write(encodeControl(hello));
  }

  /** Tells the node something; nothing once the stream is over. */
  send(message: ProxyMessage): void {
    const { stream } = this.#options;
    if (!this.#ended && stream.writable) stream.write(encodeControl(message));
  }

  /** Sends the list of proxies as it is now, and again every interval. */
  gossip(): void {
    const { stream, proxies, clock, hello } = this.#options;
    this.#cancelGossip();
    if (this.#ended || this.#finished) return;
    // A node that reads nothing gets no more of them: the next list has all that this one has.
    if (this.#greeted && stream.writableLength < BACKLOG_HIGH_WATER) {
      this.send({
        type: "proxies",
        proxies: proxies().map((each) => ({
          ...each,
          addresses: [...each.addresses],
        })),
      });
    }
    this.#cancelGossip = clock.after(
      hello.gossipIntervalMs,
      () => this.gossip(),
    );
  }

  /** Says that nothing more comes; the node ends its side. */
  finish(): void {
    this.#finished = true;
    this.#cancelGossip();
    if (this.#options.stream.writable) this.#options.stream.end();
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelGossip();
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

  #take(message: NodeMessage): void {
    const { onStats, onDrain } = this.#options;
    if (message.type === "hello") this.#greet(message);
    else if (message.type === "stats") onStats(message);
    else onDrain(message);
  }

  #greet(hello: NodeHello): void {
    checkVersion(this.#options.hello.version, hello.version);
    this.#greeted = true;
    this.#options.onHello(hello);
    this.gossip();
  }
}
