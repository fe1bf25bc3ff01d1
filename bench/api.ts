import type { Worker } from "../tests/helpers/worker.ts";

/** A connection, or a few, that stay open: what a program that uses the API has. */
export class Api implements Disposable {
  readonly #client: Deno.HttpClient;
  readonly #origin: string;

  constructor(
    server: Pick<Worker, "addr" | "admin">,
    options: { http2?: boolean } = {},
  ) {
    const { cacert, cert, key } = server.admin;
    const http2 = options.http2 ?? true;
    this.#client = Deno.createHttpClient({
      caCerts: [Deno.readTextFileSync(cacert)],
      cert: Deno.readTextFileSync(cert),
      key: Deno.readTextFileSync(key),
      http2,
      http1: !http2,
    });
    this.#origin = `https://${server.addr}`;
  }

  /** @throws {Error} with the problem when the answer is one. */
  async call(
    path: string,
    options: { body?: unknown; signal?: AbortSignal; accept?: string } = {},
  ): Promise<Response> {
    const { body, signal, accept } = options;
    const response = await fetch(`${this.#origin}${path}`, {
      client: this.#client,
      ...body === undefined
        ? {}
        : { method: "POST", body: JSON.stringify(body) },
      ...signal ? { signal } : {},
      ...accept ? { headers: { accept } } : {},
    });
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    }
    return response;
  }

  async json<T>(path: string, body?: unknown): Promise<T> {
    const response = await this.call(path, body === undefined ? {} : { body });
    return await response.json() as T;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
