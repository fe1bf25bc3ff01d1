import type { OutputSink } from "../attach.ts";

/** Takes the output of one node of several. */
export interface NodeSink extends OutputSink {
  /** The output ended before its end: what came of it is printed. */
  broken(): Promise<void>;
}
