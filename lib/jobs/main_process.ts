import { awaitChild } from "./children.ts";
import { Pidfd } from "../linux/pidfd.ts";
import { reap } from "../linux/reap.ts";
import { type MainEnd, processEnd } from "./process_end.ts";

/** The main process of a job, with what this process holds of it. */
export interface MainProcess {
  readonly pid: number;
  /** Null when standard input is empty, or ended with the process that held it. */
  readonly stdin: WritableStream<Uint8Array> | null;
  /** Descriptors of the pipes it writes to; null when nobody can write to it any more. */
  readonly stdout: number | null;
  readonly stderr: number | null;
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<MainEnd>;
}

/** The end of a child of this process, which this reaps. */
export async function endOfChild(pid: number): Promise<MainEnd> {
  const reaped = awaitChild(pid);
  // A child that has ended keeps its pid until it is reaped.
  const process = Pidfd.open(pid)!;
  try {
    await process.ended();
  } finally {
    process[Symbol.dispose]();
  }
  const end = reap(pid)!;
  reaped();
  return { ...processEnd(end), usage: end.usage };
}
