import type { JobClient } from "../lib/client/job_client.ts";

const CHUNK_BYTES = 1 << 16;

/**
 * Sends our standard input to the job until it ends. The promise also resolves when `signal` aborts,
 * because the job has ended: what nobody will read is not waited for.
 */
export async function sendStdin(
  client: JobClient,
  { job, signal }: { job: string; signal: AbortSignal },
): Promise<void> {
  try {
    await client.input(job, stdinChunks(), { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* stdinChunks(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const buffer = new Uint8Array(CHUNK_BYTES);
    const count = await Deno.stdin.read(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}
