import type { ExaminedCgroups, Missing } from "../../lib/cgroup/mod.ts";

/** What `open_process.ts` prints. */
export interface Opened {
  examined: ExaminedCgroups;
  support:
    | { kind: "ready"; path: string; controllers: string[] }
    | ({ kind: "unsupported" } & Missing);
  /** `/proc/self/cgroup` after it. */
  own: string;
}

const PROGRAM = new URL("./open_process.ts", import.meta.url).pathname;

/** The command line of `open_process.ts`, with this runtime. */
export function openCommand(name: string, ...more: string[]): string[] {
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-check",
    "--cached-only",
    "--allow-all",
    PROGRAM,
    name,
    ...more,
  ];
}

/** A command line that prints what `open_process.ts` prints; the process is gone when it is disposed. */
export async function opened(
  [program, ...args]: string[],
): Promise<Opened & AsyncDisposable> {
  const child = new Deno.Command(program!, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  const end = async () => {
    await child.stdin.close();
    await reader.cancel();
    await child.status;
  };
  if (!text.includes("\n")) {
    await end();
    throw new Error(`"${program}" printed no line`);
  }
  return { ...JSON.parse(text), [Symbol.asyncDispose]: end };
}
