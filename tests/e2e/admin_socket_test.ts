/** The administrator's socket of a real server: no flag, no certificate. */
import { deepEqual, equal, match } from "node:assert/strict";
import { startWorker, WORKER_SOURCES } from "../helpers/worker.ts";
import { waitFor } from "../helpers/wait_for.ts";

Deno.test("worker runs jobs over the administrator's socket without a certificate", async () => {
  await using worker = await startWorker({ program: WORKER_SOURCES });
  const path = `${worker.stateDir}/run/admin.sock`;
  await waitFor(
    "the socket",
    () => Deno.lstat(path).then(({ isSocket }) => isSocket, () => false),
  );
  const { mode } = await Deno.lstat(path);
  equal(mode! & 0o777, 0o600);
  const addr = `--addr=unix:${path}`;
  const env = { XDG_CONFIG_HOME: `${worker.folder}/none` };
  const run = await worker.cli([addr, "run", "echo", "hi"], { env });
  deepEqual([run.code, run.stdout], [0, "hi\n"], run.stderr);
  const list = await worker.cli([addr, "ls", "--json"], { env });
  equal(list.code, 0, list.stderr);
  match(list.stdout, /"echo"/);
  const doctor = await worker.cli([addr, "doctor"], { env });
  equal(doctor.code, 0, doctor.stdout);
  const login = await worker.cli([addr, "login"], { env });
  equal(login.code, 0, login.stderr);
  equal((await worker.cli(["ls"], { env })).code, 0);
  await worker.stop();
  const gone = await worker.cli(["ls"], { env });
  match(gone.stderr, /there is no such socket: is `worker serve` running/);
});
