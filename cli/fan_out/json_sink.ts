import type { OutputStream } from "../../lib/api/frame.ts";
import type { NodeSink } from "./node_sink.ts";

/** How an output record begins, which is what there are many of. */
const OUTPUT = new TextEncoder().encode('{"type":"output",');

/** Writes NDJSON records, each with the node that it is from in a field `node`. */
export class JsonSink implements NodeSink {
  readonly #write: (stream: OutputStream, bytes: Uint8Array) => Promise<void>;
  readonly #node: string;
  readonly #start: Uint8Array;

  constructor(
    node: string,
    write: (stream: OutputStream, bytes: Uint8Array) => Promise<void>,
  ) {
    this.#node = node;
    this.#write = write;
    this.#start = new TextEncoder().encode(`{"node":${JSON.stringify(node)},`);
  }

  /** Takes one record with its newline. */
  write(stream: OutputStream, line: Uint8Array): Promise<void> {
    return this.#write(
      stream,
      startsWith(line, OUTPUT) ? this.#spliced(line) : this.#parsed(line),
    );
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  broken(): Promise<void> {
    return Promise.resolve();
  }

  /** The record as it came, behind one more field. */
  #spliced(line: Uint8Array): Uint8Array {
    const whole = new Uint8Array(this.#start.length + line.length - 1);
    whole.set(this.#start);
    whole.set(line.subarray(1), this.#start.length);
    return whole;
  }

  /** A `job` record has a `node` already: what its own server calls it. */
  #parsed(line: Uint8Array): Uint8Array {
    const record = JSON.parse(new TextDecoder().decode(line)) as object;
    const named = Object.assign({ node: this.#node }, record, {
      node: this.#node,
    });
    return new TextEncoder().encode(JSON.stringify(named) + "\n");
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}
