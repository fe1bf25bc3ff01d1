/** The processes that are a server of a state directory, or begin or cease to be one. */
export async function serversOf(stateDir: string): Promise<number[]> {
  const pids: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`)
      .catch(() => "");
    const words = line.split("\0");
    const ours = words.includes("serve") &&
      words.includes(`--state-dir=${stateDir}`);
    if (ours) pids.push(Number(name));
  }
  return pids;
}
