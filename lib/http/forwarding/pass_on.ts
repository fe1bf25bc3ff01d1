import { Readable } from "node:stream";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { WorkerError } from "../../api/errors.ts";
import { CLIENT_CERT, encodeClientCert } from "./client_cert.ts";
import { connectionOf } from "../connection.ts";
import { endToEndHeaders } from "./end_to_end_headers.ts";
import type { AppContext } from "../env.ts";
import { encodeForwarded, FORWARDED } from "./forwarded.ts";
import type { PassedRequest, PassedResponse, PassOn } from "./node_router.ts";
import { ResponseSink } from "../response/response_sink.ts";

/** What a request has that is for this server only, or that only this server may say. */
const OWN_FIELDS = [
  "host",
  "expect",
  // Both were judged here, where the browser asked.
  "origin",
  "sec-fetch-site",
  "x-forwarded-for",
  CLIENT_CERT,
  FORWARDED,
];

/** How {@linkcode passOn} passes a request on. */
export interface PassOnOptions {
  /** Path and query at the other end. */
  path: string;
  request: PassOn;
  /** The body, when it was read already. @default it is passed on as it comes */
  body?: Uint8Array;
  /** The answer goes on for an unknown time, and elsewhere when this server ends. */
  follow: boolean;
  /** Until the head of the answer must be there, ms; null: it may take any time. */
  answerWithinMs: number | null;
  /** What a `Location` of the answer is here. @default itself */
  locate?: (location: string) => string;
}

/**
 * Passes a request on and its answer back. Bytes of both bodies go through as they are, at the pace
 * of whoever takes them; an answer that breaks on the way is cut for the client, too; and when the
 * client is gone, the other end is told at once.
 *
 * @throws {WorkerError} when there is no answer.
 */
export async function passOn(
  c: AppContext,
  options: PassOnOptions,
): Promise<Response> {
  const { request, follow, answerWithinMs, locate } = options;
  using waiting = new Waiting(c, { follow, answerWithinMs });
  const { status, headers, body } = await waiting.for(request({
    ...passedRequest(c, options),
    signal: waiting.signal,
  }));
  c.var.audit.record(status);
  const fields = endToEndHeaders(headers);
  const { location } = fields;
  if (locate && typeof location === "string") {
    fields.location = locate(location);
  }
  const sink = new ResponseSink(c, fields, { status });
  send(sink, body, { follow });
  return RESPONSE_ALREADY_SENT;
}

function send(
  sink: ResponseSink,
  body: PassedResponse["body"],
  { follow }: { follow: boolean },
): void {
  if (sink.closed.aborted) return body.cancel();
  sink.closed.addEventListener("abort", () => body.cancel());
  sink.pump(async () => {
    await body.pass((bytes) => {
      sink.write(bytes);
      return sink.busy ? sink.ready() : undefined;
    });
    // An answer that came before the whole request had been sent: the rest is not wanted.
    body.cancel();
  }, { follow });
}

function passedRequest(
  { env: { incoming } }: AppContext,
  { path, body }: Pick<PassOnOptions, "path" | "body">,
): Omit<PassedRequest, "signal"> {
  const { remoteAddress, certificate } = connectionOf(incoming);
  const { method = "GET", headers } = incoming;
  return {
    method,
    path,
    headers: {
      ...endToEndHeaders(headers, { without: OWN_FIELDS }),
      [FORWARDED]: encodeForwarded(remoteAddress),
      ...certificate && { [CLIENT_CERT]: encodeClientCert(certificate) },
    },
    body: body !== undefined
      ? (body.length > 0 ? Readable.from([body]) : null)
      : hasBody(method, headers)
      // Giving up on it must not end the connection: the answer goes over it.
      ? incoming.iterator({ destroyOnReturn: false })
      : null,
  };
}

/** HTTP/1.1 announces a body; on HTTP/2 one can come unannounced. */
function hasBody(
  method: string,
  headers: Readonly<Record<string, unknown>>,
): boolean {
  if (headers["content-length"] === "0") return false;
  return headers["content-length"] !== undefined ||
    headers["transfer-encoding"] !== undefined ||
    !["GET", "HEAD", "DELETE", "OPTIONS"].includes(method);
}

/** What ends the wait for an answer: the client leaves, time is over, or the server ends. */
class Waiting implements Disposable {
  readonly #controller = new AbortController();
  readonly #links = new DisposableStack();
  readonly #follow: boolean;
  readonly #draining: AbortSignal;
  readonly #c: AppContext;

  constructor(
    c: AppContext,
    { follow, answerWithinMs }: Pick<
      PassOnOptions,
      "follow" | "answerWithinMs"
    >,
  ) {
    this.#c = c;
    this.#follow = follow;
    const { incoming, outgoing } = c.env;
    this.#draining = connectionOf(incoming).draining;
    const gone = () =>
      this.#abort(new WorkerError("UNAVAILABLE", "the request was aborted"));
    outgoing.once("close", gone);
    this.#links.defer(() => outgoing.off("close", gone));
    if (follow) {
      const leave = () => this.#abort(this.#draining.reason);
      if (this.#draining.aborted) leave();
      this.#draining.addEventListener("abort", leave);
      this.#links.defer(() =>
        this.#draining.removeEventListener("abort", leave)
      );
    }
    if (answerWithinMs === null) return;
    const timer = setTimeout(() => {
      this.#abort(
        new WorkerError(
          "UNAVAILABLE",
          `no answer came within ${answerWithinMs / 1000} s: ask again`,
        ),
      );
    }, answerWithinMs);
    this.#links.defer(() => clearTimeout(timer));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async for<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (this.#follow && this.#draining.aborted) {
        this.#c.header("retry-after", "0");
      }
      throw error;
    }
  }

  #abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  [Symbol.dispose](): void {
    this.#links.dispose();
  }
}
