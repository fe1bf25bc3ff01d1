import type { Notifier } from "./notifier.ts";
import type { OutputCursor } from "./output_cursor.ts";
import type { Segment } from "./segment.ts";

/**
 * What readers need of a job's output log: the log itself in the process that writes it
 * (`OutputLog`), or a view of its files in another (`LogView`).
 */
export interface ReadableLog {
  /** Fires when the log has grown and at the job's end. */
  readonly changed: Notifier;
  /** Logical offset of the first byte that is kept. */
  readonly start: number;
  /** One past the last byte. */
  readonly end: number;
  /** The files, in order. */
  readonly segments: readonly Segment[];
  /** True when the writer waits for readers instead of removing what they have not read. */
  readonly waits: boolean;
  /** A reader that begins at a logical offset. */
  cursor(from: number): OutputCursor;
}
