import type { IncomingMessage, ServerResponse } from "node:http";
import { WorkerError } from "../api/errors.ts";
import { NDJSON_MEDIA_TYPE } from "../api/ndjson.ts";

/** What a start may take at most, as on the public API. */
const MAX_BODY_BYTES = 2 ** 20;

/** One request to the job host, with its answer. */
export class HostExchange {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly #closed = new AbortController();

  constructor(
    readonly incoming: IncomingMessage,
    readonly outgoing: ServerResponse,
  ) {
    this.method = incoming.method ?? "GET";
    const { pathname, searchParams } = new URL(
      incoming.url ?? "/",
      "http://jobhost",
    );
    this.path = pathname;
    this.query = searchParams;
    outgoing.once("close", () => this.#closed.abort());
  }

  /** Aborted once the peer is gone or has everything. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** The body as JSON; `{}` when it is empty. @throws {WorkerError} `INVALID_ARGUMENT` */
  async json(): Promise<unknown> {
    const text = new TextDecoder();
    let json = "";
    for await (const piece of this.incoming as AsyncIterable<Uint8Array>) {
      json += text.decode(piece, { stream: true });
      if (json.length > MAX_BODY_BYTES) {
        throw new WorkerError("INVALID_ARGUMENT", "the request is too large");
      }
    }
    try {
      return JSON.parse(json || "{}");
    } catch (cause) {
      throw new WorkerError("INVALID_ARGUMENT", "the request is not JSON", {
        cause,
      });
    }
  }

  /** Answers with a value as JSON; with nothing when there is none. */
  answer(value: unknown, status = value === undefined ? 204 : 200): void {
    if (value === undefined) return void this.outgoing.writeHead(status).end();
    const body = new TextEncoder().encode(JSON.stringify(value));
    this.outgoing.writeHead(status, {
      "content-type": "application/json",
      // For what does not say its length, `fetch` keeps 64 KiB until the garbage collector comes.
      "content-length": body.length,
    });
    this.outgoing.end(body);
  }

  /** Answers with what comes, a record a line, at the pace of the peer. */
  async stream(records: AsyncIterable<unknown>): Promise<void> {
    this.outgoing.writeHead(200, { "content-type": NDJSON_MEDIA_TYPE });
    this.outgoing.flushHeaders();
    for await (const record of records) {
      if (this.closed.aborted) return;
      if (!this.outgoing.write(JSON.stringify(record) + "\n")) {
        await this.#drained();
      }
    }
    this.outgoing.end();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.outgoing.off("drain", done);
        this.closed.removeEventListener("abort", done);
        resolve();
      };
      this.outgoing.on("drain", done);
      this.closed.addEventListener("abort", done);
      if (this.closed.aborted) done();
    });
  }
}
