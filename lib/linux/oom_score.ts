const PATH = "/proc/self/oom_score_adj";

let own: string | null = null;

/**
 * Makes it unlikely that the kernel kills this process when memory is short (proc(5),
 * oom_score_adj). Children inherit the score: start them within {@linkcode withDefaultOomScore}.
 *
 * @param score -1000 to 1000; negative ones need root.
 * @returns false where the kernel does not let us.
 */
export function setOomScore(score: number): boolean {
  try {
    Deno.writeTextFileSync(PATH, String(score));
    own = String(score);
    return true;
  } catch {
    return false;
  }
}

/** Calls `start` while the score is the usual one, 0. */
export function withDefaultOomScore<T>(start: () => T): T {
  if (own === null) return start();
  Deno.writeTextFileSync(PATH, "0");
  try {
    return start();
  } finally {
    Deno.writeTextFileSync(PATH, own);
  }
}
