import { FRAME_HEADER_BYTES, type OutputStream } from "../api/frame.ts";
import { closeDescriptor, readDescriptor } from "../linux/descriptor.ts";
import { pipeName, widenPipe } from "../linux/pipe.ts";
import { poller } from "../linux/poller.ts";
import { MAX_STORED_PAYLOAD_BYTES, type OutputLog } from "./output_log.ts";

/** Reads in a row before everything else has its turn. */
const READS_IN_A_ROW = 8;

/** The pipe of a job that fills it gets this much, where the host's limits allow it. */
const WIDE_PIPE_BYTES = 512 * 1024;

/** Reads of all jobs land here, behind room for the frame's header; the log does not keep it. */
const frame = new Uint8Array(FRAME_HEADER_BYTES + MAX_STORED_PAYLOAD_BYTES);
const payload = frame.subarray(FRAME_HEADER_BYTES);

/** Moves one pipe of a job into its log until the pipe is at its end. A quiet job costs no buffer. */
export class OutputPump {
  /** Resolves at the pipe's end, or once it was cancelled; never rejects. */
  readonly done: Promise<void>;
  /** What the kernel calls the pipe; processes that hold it show the same name. */
  readonly pipe: string;
  /** True once `done` has resolved. */
  finished = false;

  readonly #fd: number;
  readonly #cancelled = new AbortController();

  constructor(fd: number, into: { log: OutputLog; stream: OutputStream }) {
    this.#fd = fd;
    this.pipe = pipeName(fd);
    this.done = this.#run(into.log, into.stream).finally(() => {
      this.finished = true;
      void poller.forget(fd);
      closeDescriptor(fd);
    });
  }

  async #run(log: OutputLog, stream: OutputStream): Promise<void> {
    const { signal } = this.#cancelled;
    let wide = false;
    while (true) {
      await poller.readable(this.#fd);
      for (let i = 0; i < READS_IN_A_ROW; i++) {
        await log.room(signal);
        if (signal.aborted) return;
        const count = readDescriptor(this.#fd, payload);
        if (count === 0) return;
        if (count === null) break;
        log.append(stream, frame.subarray(0, FRAME_HEADER_BYTES + count));
        if (count < payload.length) break;
        if (!wide) widenPipe(this.#fd, WIDE_PIPE_BYTES);
        wide = true;
      }
    }
  }

  /** Closes the pipe whoever holds its other end. */
  async cancel(): Promise<void> {
    if (this.finished) return;
    this.#cancelled.abort();
    await poller.forget(this.#fd);
    await this.done;
  }
}
