import type { OutputSource } from "../api/job_service.ts";
import type { BodyReader } from "./body_reader.ts";

/** A body as an `OutputSource`: what a hop that forwards output reads from. */
export class BodySource implements OutputSource {
  readonly #body: BodyReader;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(body: BodyReader) {
    this.#body = body;
  }

  async ready(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const bytes = await this.#body.read();
      if (bytes === null) return false;
      this.#rest = bytes;
    }
    return true;
  }

  read(into: Uint8Array): number {
    const count = Math.min(into.length, this.#rest.length);
    into.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#body[Symbol.asyncDispose]();
  }
}
