import type { Api } from "./api.ts";

/** What rows read of a job. */
export interface JobView {
  id: string;
  pid: number | null;
  state: string;
  exit: { reason: string; code: number | null } | null;
  bytes: { stdout: number };
}

/** A job that does nothing for longer than any row takes. */
const QUIET = { command: "sleep", args: ["1000"] };

/** Calls `run` so many times, `atOnce` of them under way; resolves with the answers in any order. */
export async function inParallel<T>(
  count: number,
  run: (index: number) => Promise<T>,
  { atOnce = 20 }: { atOnce?: number } = {},
): Promise<T[]> {
  const answers: T[] = [];
  let next = 0;
  const some = async () => {
    while (next < count) answers.push(await run(next++));
  };
  await Promise.all(Array.from({ length: atOnce }, some));
  return answers;
}

/** Starts jobs that run and print nothing, 20 at a time. */
export function startQuietJobs(api: Api, count: number): Promise<JobView[]> {
  return inParallel(count, () => api.json<JobView>("/v1/jobs", QUIET));
}

/** Runs `true` so many times to its end, 20 at a time. */
export async function finishJobs(api: Api, count: number): Promise<void> {
  await inParallel(count, async () => {
    const answer = await api.call("/v1/run", { body: { command: "true" } });
    const text = await answer.text();
    if (!text.includes(`"state":"succeeded"`)) {
      throw new Error(`a job did not succeed: ${text}`);
    }
  });
}

/** The jobs that have a process now. */
export function runningJobs(api: Api): Promise<JobView[]> {
  return api.json<JobView[]>("/v1/jobs?state=running");
}
