/** So much may pass before somebody looks for dead buffers. */
const COLLECT_BYTES = 4 << 20;

/** Only with V8's flag `--expose-gc`, which the executable has. */
const { gc } = globalThis as { gc?: (how: { type: "minor" }) => void };

let passed = 0;

/**
 * Says that bytes came in or went out in buffers that nobody uses again; each way counts.
 *
 * Such buffers lie outside V8's heap and die with small objects of its young generation. V8 looks for
 * dead ones there when it is full of those objects, which takes long, and when 64 MiB lie outside,
 * for which it marks the whole heap: 40 times for a GiB through a proxy, a third of its time. A look
 * in time takes half a millisecond, and the next buffers are still in the processor's cache.
 */
export function noteBytes(count: number): void {
  passed += count;
  if (passed < COLLECT_BYTES) return;
  passed = 0;
  gc?.({ type: "minor" });
}
