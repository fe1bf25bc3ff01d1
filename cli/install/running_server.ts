/** What a state directory's lock files name. */
export type Role = "server" | "job host";

const FILES: Record<Role, string> = {
  server: "worker.pid",
  "job host": "jobhost.pid",
};

/** Words on the command line of each. */
const WORDS: Record<Role, string> = { server: "serve", "job host": "jobhost" };

/**
 * The process that uses a state directory, by the file of its lock; null when there is none. A
 * process that has got the number since is told apart by its command line.
 */
export async function runningProcess(
  stateDir: string,
  role: Role,
): Promise<number | null> {
  try {
    const text = await Deno.readTextFile(`${stateDir}/run/${FILES[role]}`);
    const pid = Number(text.trim());
    if (!Number.isSafeInteger(pid) || pid <= 0) return null;
    const words = await Deno.readTextFile(`/proc/${pid}/cmdline`);
    return words.split("\0").includes(WORDS[role]) ? pid : null;
  } catch {
    return null;
  }
}
