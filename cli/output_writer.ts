import type { OutputStream } from "../lib/api/frame.ts";
import { OutputClosedError } from "./exit_error.ts";
import { printBytes } from "./print.ts";

/** Bytes that wait while a write is under way. */
const BUFFER_BYTES = 1 << 18;

/**
 * Writes a job's output to our own standard output and error, in order and as fast as they take it.
 *
 * Files and `/dev/null` never block, so they are written to at once. A pipe or a terminal may block
 * for as long as its reader likes, and signals have to be forwarded meanwhile: there, writes go on
 * beside the reading, and what comes during one is written together in the next.
 */
export class OutputWriter {
  readonly #lanes = { stdout: new Lane("stdout"), stderr: new Lane("stderr") };
  #current: OutputStream = "stdout";

  /**
   * Takes the bytes; they may be reused once the promise resolves.
   *
   * @throws {OutputClosedError} when nobody reads our output any more; perhaps a write later.
   */
  async write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    if (stream !== this.#current) {
      // The order between the two streams is kept: on a terminal they are one.
      await this.#lanes[this.#current].drain();
      this.#current = stream;
    }
    await this.#lanes[stream].write(bytes);
  }

  /** Resolves when everything is written. */
  async drain(): Promise<void> {
    await this.#lanes[this.#current].drain();
  }
}

/** One of the two streams. */
class Lane {
  readonly #stream: OutputStream;
  readonly #neverBlocks: boolean;
  #filling = new Uint8Array(0);
  #spare = new Uint8Array(0);
  #filled = 0;
  /** The writes under way; null when there is nothing to write. */
  #flushing: Promise<void> | null = null;
  #failed: unknown = null;

  constructor(stream: OutputStream) {
    this.#stream = stream;
    this.#neverBlocks = neverBlocks(stream);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#neverBlocks) return writeAtOnce(this.#stream, bytes);
    while (bytes.length > 0) {
      if (this.#failed !== null) throw this.#failed;
      if (this.#filling.length === 0) {
        this.#filling = new Uint8Array(BUFFER_BYTES);
        this.#spare = new Uint8Array(BUFFER_BYTES);
      }
      const part = bytes.subarray(0, BUFFER_BYTES - this.#filled);
      this.#filling.set(part, this.#filled);
      this.#filled += part.length;
      bytes = bytes.subarray(part.length);
      this.#flushing ??= this.#flush();
      if (this.#filled === BUFFER_BYTES) await this.#flushing;
    }
  }

  async drain(): Promise<void> {
    await this.#flushing;
    if (this.#failed !== null) throw this.#failed;
  }

  async #flush(): Promise<void> {
    try {
      while (this.#filled > 0) {
        const bytes = this.#filling.subarray(0, this.#filled);
        [this.#filling, this.#spare] = [this.#spare, this.#filling];
        this.#filled = 0;
        await printBytes(bytes, this.#stream);
      }
    } catch (error) {
      this.#failed = error;
    } finally {
      this.#flushing = null;
    }
  }
}

function neverBlocks(stream: OutputStream): boolean {
  const to = stream === "stdout" ? Deno.stdout : Deno.stderr;
  try {
    const fd = stream === "stdout" ? 1 : 2;
    const { isFile, isCharDevice } = Deno.statSync(`/proc/self/fd/${fd}`);
    return isFile || (isCharDevice === true && !to.isTerminal());
  } catch {
    return false;
  }
}

function writeAtOnce(stream: OutputStream, bytes: Uint8Array): void {
  const to = stream === "stdout" ? Deno.stdout : Deno.stderr;
  try {
    while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
  } catch (cause) {
    if (cause instanceof Deno.errors.BrokenPipe) {
      throw new OutputClosedError({ cause });
    }
    throw cause;
  }
}
