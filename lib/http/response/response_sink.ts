import { getLogger } from "@logtape/logtape";
import { type Connection, connectionOf } from "../connection.ts";
import { cutResponse, leaveResponse } from "./cut_response.ts";
import type { AppContext } from "../env.ts";
import { noteBytes } from "../../passing_bytes.ts";
import type { Outgoing } from "../listener/listener_options.ts";
import { BACKLOG_HIGH_WATER } from "../listener/socket_backlog.ts";
import { endsInTime, UnfinishedWrites } from "./unfinished_writes.ts";

/** One for all responses: each of its own would cost a stack trace. */
const CLOSED = new Error("the response is closed");

const logger = getLogger(["worker", "http"]);

/**
 * A response that is written as its bytes come. It stands below `Response`: a stream of the web
 * platform costs a follower three times the memory, copies, and knows nothing of the socket's
 * backlog, which `node:http2` in Deno lets grow without bound.
 *
 * Made by a handler that then returns `RESPONSE_ALREADY_SENT`.
 */
export class ResponseSink {
  readonly #outgoing: Outgoing;
  readonly #connection: Connection;
  readonly #closed = new AbortController();
  readonly #bodiless: boolean;
  readonly #writes: UnfinishedWrites | null;
  #full = false;
  #left = false;

  /** @default {200} status */
  constructor(
    c: AppContext,
    headers: Record<string, string | string[]>,
    { status = 200 }: { status?: number } = {},
  ) {
    this.#outgoing = c.env.outgoing;
    this.#bodiless = c.env.incoming.method === "HEAD" || status === 204 ||
      status === 304 || headers["content-length"] === "0";
    this.#connection = connectionOf(c.env.incoming);
    this.#outgoing.once("close", () => this.#closed.abort(CLOSED));
    this.#outgoing.on("error", () => this.#closed.abort(CLOSED));
    this.#outgoing.writeHead(status, {
      "cache-control": "no-store",
      ...headers,
    });
    // The head goes out now: a client waits for it before the job prints anything.
    // On HTTP/2 writeHead has sent it already. An answer without a body ends at once, and in Deno it
    // would hold up the connection's next request if it had been flushed before.
    if (!this.#bodiless && "flushHeaders" in this.#outgoing) {
      this.#outgoing.flushHeaders();
    }
    this.#writes = endsInTime(this.#outgoing)
      ? null
      : new UnfinishedWrites(this.#connection, { closed: this.closed });
  }

  /** Aborted once the client is gone or has everything. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Hands bytes on; they must not change until `sent` is called. */
  write(bytes: Uint8Array | string, sent?: () => void): void {
    if (this.closed.aborted) return sent?.();
    noteBytes(bytes.length);
    this.#full = !(this.#outgoing as NodeJS.WritableStream).write(
      bytes as never,
      this.#writes ? this.#writes.add(sent) : sent,
    );
  }

  /** Whether the client is to take something before more is written. */
  get busy(): boolean {
    return (this.#full && !this.closed.aborted) ||
      this.#connection.backlog > BACKLOG_HIGH_WATER;
  }

  /** Resolves when the client has taken enough for more to be written, or is gone. */
  async ready(): Promise<void> {
    if (this.#full && !this.closed.aborted) await this.#drained();
    if (this.#connection.backlog > BACKLOG_HIGH_WATER) {
      await this.#connection.drained();
    }
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#outgoing.off("drain", done);
        this.closed.removeEventListener("abort", done);
        this.#full = false;
        resolve();
      };
      this.#outgoing.once("drain", done);
      this.closed.addEventListener("abort", done);
    });
  }

  /**
   * Ends the response when `produce` resolves; when it rejects, cuts it so that the client sees. A
   * response that follows something is cut when the listener begins to close, too.
   */
  pump(
    produce: () => Promise<void>,
    { follow = false }: { follow?: boolean } = {},
  ): void {
    // A HEAD request is for what goes before the body.
    if (this.#bodiless) return void this.#outgoing.end();
    produce().then(async () => {
      await this.#writes?.settled();
      if (!this.closed.aborted) this.#outgoing.end();
    }).catch((error) => {
      if (!this.closed.aborted) {
        logger.warn`a response was cut: ${(error as Error).message}`;
      }
      if (!this.#left) cutResponse(this.#outgoing);
    });
    // What `produce` wrote at once still goes out.
    if (follow) this.#leaveInTime();
  }

  #leaveInTime(): void {
    const { draining } = this.#connection;
    const leave = () => {
      if (this.closed.aborted) return;
      this.#left = true;
      leaveResponse(this.#outgoing);
      this.#closed.abort(CLOSED);
    };
    if (draining.aborted) return leave();
    draining.addEventListener("abort", leave);
    this.#outgoing.once(
      "close",
      () => draining.removeEventListener("abort", leave),
    );
  }
}
