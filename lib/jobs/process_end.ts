import { signalName } from "../api/signals.ts";

/** How a process ended, as wait(2) tells it: one of the two is null. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
}

/** Waits for the end of a process. */
export async function endOf(child: Deno.ChildProcess): Promise<ProcessEnd> {
  try {
    const { code, signal } = await child.status;
    return signal === null ? { code, signal: null } : { code: null, signal };
  } catch (error) {
    // Deno 2.9 has no names for real-time signals and rejects, with the number in the message.
    const number = /Invalid signal: (\d+)/.exec(String(error))?.[1];
    if (number === undefined) throw error;
    return { code: null, signal: signalName(Number(number)) };
  }
}
