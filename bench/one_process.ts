import { RUNTIME_FLAGS } from "../scripts/build/runtime_flags.ts";
import type { Worker } from "../tests/helpers/worker.ts";

const PROGRAM = new URL("one_process_server.ts", import.meta.url).pathname;

/** A server without a job host that speaks as `worker` does, and trusts the same clients. */
export interface OneProcess extends AsyncDisposable {
  addr: string;
}

/** Starts `one_process_server.ts` with the runtime and the flags of the built executable. */
export async function startOneProcess(worker: Worker): Promise<OneProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--allow-all", ...RUNTIME_FLAGS],
      ...[PROGRAM, worker.stateDir, `${worker.folder}/one-process`],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  let text = "";
  for await (
    const piece of child.stdout.pipeThrough(new TextDecoderStream())
  ) {
    text += piece;
    if (text.includes("\n")) break;
  }
  const stop = async () => {
    await child.stdin.close();
    await child.status;
  };
  if (!text.includes("\n")) {
    await stop();
    throw new Error("the server without a job host did not start");
  }
  return { addr: text.trim(), [Symbol.asyncDispose]: stop };
}
