import { deepEqual } from "node:assert/strict";
import type { Fault, Scene } from "./fault.ts";

/** Another daemon and more job hosts on the same state directory: all of them give way. */
async function startRivals({ server }: Scene): Promise<void> {
  const { worker } = server;
  const state = `--state-dir=${worker.stateDir}`;
  const outcomes = await Promise.all([
    worker.cli(["serve", state, "--listen=127.0.0.1:0"]),
    worker.cli(["jobhost", state]),
    worker.cli(["jobhost", state]),
  ]);
  // 122: CONFLICT.
  deepEqual(outcomes.map(({ code }) => code), [122, 0, 0]);
}

export const rivals: Fault = {
  name: "others are started beside the daemon and the job host",
  happen: startRivals,
};

/** All of them, and the daemon, want to have the next job host. */
export const rivalsAfterKill: Fault = {
  name: "several job hosts are started at once when one was killed",
  async happen(scene) {
    const { server } = scene;
    await server.killJobHost();
    const started = [1, 2, 3].map(() => server.startJobHost());
    await server.recovered();
    const beaten = started.filter(({ pid }) => pid !== server.jobHostPid);
    for (const { status } of beaten) {
      deepEqual((await status).code, 0);
    }
  },
};
