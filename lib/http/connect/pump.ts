/** What bytes are pumped into: a socket, or the stream of an HTTP/2 message. */
export interface Sink {
  readonly destroyed: boolean;
  write(bytes: Uint8Array): boolean;
  end(): unknown;
  once(event: "drain" | "close", listener: () => void): unknown;
  off(event: "drain" | "close", listener: () => void): unknown;
}

/** Writes; undefined when there is room for more, else when there is. @throws once it is closed. */
export function writeTo(
  sink: Sink,
  bytes: Uint8Array,
): Promise<void> | undefined {
  if (sink.destroyed) throw new Error("the stream was closed");
  return sink.write(bytes) ? undefined : room(sink);
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
    await writeTo(sink, bytes);
    await drained();
  }
  sink.end();
}

async function room(sink: Sink): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  sink.once("drain", resolve);
  sink.once("close", resolve);
  await promise;
  sink.off("drain", resolve);
  sink.off("close", resolve);
}
