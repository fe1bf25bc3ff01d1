/** What bytes are pumped into: a socket, or the stream of an HTTP/2 message. */
export interface Sink {
  readonly destroyed: boolean;
  write(bytes: Uint8Array): boolean;
  end(): unknown;
  once(event: "drain" | "close", listener: () => void): unknown;
  off(event: "drain" | "close", listener: () => void): unknown;
}

/**
 * Writes all that a source has, each piece when the one before was taken, and then ends the sink's
 * half. Rejects with the source's error, or when the sink closes before.
 *
 * @param drained What else must have room.
 */
export async function pump(
  source: AsyncIterable<Uint8Array>,
  sink: Sink,
  drained: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  for await (const bytes of source) {
    if (!sink.destroyed && !sink.write(bytes)) await room(sink);
    await drained();
    if (sink.destroyed) throw new Error("the stream was closed");
  }
  sink.end();
}

async function room(sink: Sink): Promise<void> {
  if (sink.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  sink.once("drain", resolve);
  sink.once("close", resolve);
  await promise;
  sink.off("drain", resolve);
  sink.off("close", resolve);
}
