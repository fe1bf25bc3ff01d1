import type { PemPair } from "./tls.ts";
import { httpClient } from "./peers.ts";

export type Protocol = "h2" | "http/1.1";

/** Parsed JSON: tests look at what they expect in it, and fail otherwise. */
// deno-lint-ignore no-explicit-any
export type Json = any;

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; undefined when it is not JSON. */
  json: Json;
}

export interface ApiClientOptions {
  origin: string;
  ca: string;
  pair: PemPair | undefined;
  protocol: Protocol;
}

/** Requests of one caller over one protocol. */
export class ApiClient implements Disposable {
  readonly #origin: string;
  readonly #client: Deno.HttpClient;

  constructor({ origin, ca, pair, protocol }: ApiClientOptions) {
    this.#origin = origin;
    this.#client = httpClient({ ca, client: pair, http2: protocol === "h2" });
  }

  /** `fetch` of a path; the caller reads or cancels the body. */
  open(
    path: string,
    init: RequestInit & { duplex?: "half" } = {},
  ): Promise<Response> {
    return fetch(this.#origin + path, { ...init, client: this.#client });
  }

  async ask(
    path: string,
    init: RequestInit & { duplex?: "half" } = {},
  ): Promise<Answer> {
    const response = await this.open(path, init);
    const { status, headers } = response;
    const text = await response.text();
    return { status, headers, text, json: parse(text) };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { headers });
  }

  delete(path: string): Promise<Answer> {
    return this.ask(path, { method: "DELETE" });
  }

  /** A body that is not a text is sent as JSON; as curl does, with the type of a form. */
  post(path: string, body: unknown = ""): Promise<Answer> {
    return this.ask(path, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  /** Starts a job and answers it. @throws {Error} when it was not started. */
  async start(job: Record<string, unknown>): Promise<Json> {
    const { status, text, json } = await this.post("/v1/jobs", job);
    if (status !== 201) throw new Error(`not started: ${status} ${text}`);
    return json;
  }

  /** Runs a shell script to its end and answers the final job. */
  async finish(
    script: string,
    more: Record<string, unknown> = {},
  ): Promise<Json> {
    const { id } = await this.start({
      command: "sh",
      args: ["-c", script],
      ...more,
    });
    return (await this.get(`/v1/jobs/${id}?wait=true`)).json;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
