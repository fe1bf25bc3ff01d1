import { libc } from "./libc.ts";
import { checked, ERRNO, lastErrno } from "./linux_error.ts";
import { poller } from "./poller.ts";

/** The writing end of a pipe to a child as a stream, at the pace of its reader. Closes it. */
export function pipeWriter(fd: number): WritableStream<Uint8Array> {
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    const forgotten = poller.forget(fd);
    libc.close(fd);
    return forgotten;
  };
  return new WritableStream({
    async write(chunk, { signal }) {
      for (let done = 0; done < chunk.length;) {
        if (signal.aborted) throw signal.reason;
        const rest = chunk.subarray(done) as Uint8Array<ArrayBuffer>;
        const count = libc.write(fd, rest, BigInt(rest.length));
        if (count < 0n && lastErrno() === ERRNO.EAGAIN) {
          const forget = () => void poller.forget(fd);
          signal.addEventListener("abort", forget);
          await poller.writable(fd);
          signal.removeEventListener("abort", forget);
          continue;
        }
        try {
          done += checked(count, "cannot write to the pipe");
        } catch (error) {
          void close();
          throw error;
        }
      }
    },
    close,
    abort: close,
  });
}
