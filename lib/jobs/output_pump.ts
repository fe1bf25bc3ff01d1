import type { OutputStream } from "../api/frame.ts";
import { closeDescriptor } from "../linux/descriptor.ts";
import { pipeName, widenPipe } from "../linux/pipe.ts";
import { poller } from "../linux/poller.ts";
import type { OutputLog } from "./output_log.ts";
import { MAX_STORED_PAYLOAD_BYTES } from "./stored_frame.ts";

/** Frames in a row before everything else has its turn. */
const FRAMES_IN_A_ROW = 8;

/** The pipe of a job that fills it gets this much, where the host's limits allow it. */
const WIDE_PIPE_BYTES = 512 * 1024;

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
      const closed = await poller.readable(this.#fd);
      for (let i = 0; i < FRAMES_IN_A_ROW; i++) {
        await log.room(signal);
        if (signal.aborted) return;
        const count = log.appendFrom(stream, this.#fd);
        if (count === 0 && closed) return;
        if (count < MAX_STORED_PAYLOAD_BYTES) break;
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
