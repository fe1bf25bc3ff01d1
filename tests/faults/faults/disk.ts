import { delay } from "../../helpers/delay.ts";
import type { Fault, Scene } from "./fault.ts";

/** Takes all room that is left on the disk of the state directory, until it is disposed. */
async function fill({ server }: Scene): Promise<AsyncDisposable> {
  const path = `${server.worker.stateDir}/filler`;
  const piece = new Uint8Array(1 << 20);
  server.diskWasFull = true;
  const file = await Deno.open(path, { write: true, create: true });
  try {
    // Until not a single page is left.
    for (let bytes = piece.length; bytes >= 4096;) {
      try {
        await file.write(piece.subarray(0, bytes));
      } catch {
        bytes /= 2;
      }
    }
  } finally {
    file.close();
  }
  return { [Symbol.asyncDispose]: () => Deno.remove(path) };
}

const missing = (scene: Pick<Scene, "server">) =>
  scene.server.ownDisk
    ? null
    : "it takes root to mount a small disk for the state directory";

export const diskFull: Fault = {
  name: "the disk is full",
  missing,
  async happen(scene) {
    await using _ = await fill(scene);
    await delay(scene.random.int(500, 3_000));
  },
};

/** What was lost for want of room must be known to the next job host. */
export const killOnFullDisk: Fault = {
  name: "the job host is killed while the disk is full",
  missing,
  async happen(scene) {
    await using _ = await fill(scene);
    await delay(scene.random.int(300, 1_500));
    await scene.server.killJobHost();
    await delay(scene.random.int(300, 1_500));
  },
};

export const restartOnFullDisk: Fault = {
  name: "the daemon is killed while the disk is full",
  missing,
  async happen(scene) {
    await using _ = await fill(scene);
    await delay(scene.random.int(0, 500));
    await scene.server.restartDaemon("SIGKILL");
    await delay(scene.random.int(0, 500));
  },
};
