import { FRAME_HEADER_BYTES } from "../api/frame.ts";
import type { ReadableLog } from "./readable_log.ts";
import { walkFrames } from "./stored_frame.ts";

const NEWLINE = 0x0a;

/**
 * The logical offset where the last `lines` lines of a log begin, counting both streams as they
 * came. A last line without its newline counts as one. Reads the log backwards, segment by segment.
 */
export function offsetOfLastLines(log: ReadableLog, lines: number): number {
  if (lines === 0) return log.end;
  let wanted = lines;
  let newest = true;
  for (let index = log.segments.length - 1; index >= 0; index--) {
    const segment = log.segments[index]!;
    const bytes = segment.readAll();
    const lineStarts: number[] = [];
    let offset = segment.firstOffset;
    walkFrames(bytes, ({ at, payloadBytes }) => {
      const payload = bytes.subarray(
        at + FRAME_HEADER_BYTES,
        at + FRAME_HEADER_BYTES + payloadBytes,
      );
      for (
        let i = payload.indexOf(NEWLINE);
        i >= 0;
        i = payload.indexOf(NEWLINE, i + 1)
      ) {
        lineStarts.push(offset + i + 1);
      }
      offset += payloadBytes;
    });
    // A newline that is the very last byte starts no line.
    if (newest && lineStarts.at(-1) === log.end) lineStarts.pop();
    newest = newest && offset === segment.firstOffset;
    if (lineStarts.length >= wanted) {
      return lineStarts[lineStarts.length - wanted]!;
    }
    wanted -= lineStarts.length;
  }
  return log.start;
}
