import { dirname, join } from "node:path";
import { WorkerError } from "../lib/api/errors.ts";
import { delay } from "../lib/client/delay.ts";
import { findServer } from "../lib/daemon/find_server.ts";
import { livingHosts } from "../lib/jobhost/living_hosts.ts";
import { type CommandSpec, hasFlag, valueOf } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { output } from "./install/changes.ts";
import { ownFiles } from "./install/files.ts";
import { type Place, PLACE_OPTIONS, placeOf } from "./install/options.ts";
import { reloadUnits, systemdRuns } from "./install/systemd.ts";
import { checkUserName } from "./install/system_user.ts";
import { printHint } from "./print.ts";

/** A job host without jobs ends after ten seconds. */
const IDLE_MS = 15_000;
const LOOK_MS = 200;

export const command: CommandSpec = {
  name: "uninstall",
  summary: "remove what install has put here",
  operands: "",
  count: { min: 0, max: 0 },
  options: [
    ...PLACE_OPTIONS,
    {
      name: "purge",
      help: "also settings, certificates, jobs with their output, and the user",
    },
    {
      name: "user",
      value: "USER",
      default: "worker",
      help: "the user to remove with --purge",
    },
  ],
  details:
    "Jobs that run go on without a server; with --purge there must be none.",
  async run(typed) {
    const place = placeOf(typed);
    const { changes, layout } = place;
    const user = valueOf(typed, "user") ?? "worker";
    checkUserName(user);
    const files = (await ownFiles(layout)).keys();
    const purge = hasFlag(typed, "purge");
    const systemd = !changes.staged && await systemdRuns();
    if (!changes.staged) await stopServer(place, { systemd, purge });
    for (const path of files) {
      await changes.remove(path);
    }
    await changes.remove(layout.executable);
    if (systemd) await reloadUnits(changes);
    if (purge) await removeState(place, user);
    else await keepState(place);
    return EXIT.ok;
  },
};

/** Nothing is removed below a process that uses it. */
async function stopServer(
  { changes, layout }: Place,
  { systemd, purge }: { systemd: boolean; purge: boolean },
): Promise<void> {
  const unit = changes.place(`${layout.units}/worker.service`);
  if (systemd && (await Deno.stat(unit).catch(() => null)) !== null) {
    const units = ["worker.socket", "worker.service"];
    await changes.run("systemctl", "disable", "--now", ...units);
  }
  if (changes.dryRun) return;
  const server = findServer(layout.stateDir);
  if (server !== null) {
    throw new WorkerError(
      "CONFLICT",
      `cannot uninstall while a server runs (process ${server.pid}): stop it first`,
    );
  }
  if (purge) await awaitJobHost(layout.stateDir);
}

async function awaitJobHost(stateDir: string): Promise<void> {
  const deadline = performance.now() + IDLE_MS;
  for (let told = false;; told = true) {
    const [host] = livingHosts(join(stateDir, "run"));
    if (host === undefined) return;
    if (!told) await printHint(`waiting for job host ${host.pid} to end`);
    if (performance.now() > deadline) {
      throw new WorkerError(
        "CONFLICT",
        `cannot remove "${stateDir}" while jobs run in it: start the server and \`worker stop\` them, or end the job host with them: \`kill ${host.pid}\``,
      );
    }
    await delay(LOOK_MS);
  }
}

async function removeState(
  { changes, layout }: Place,
  user: string,
): Promise<void> {
  await changes.remove(dirname(layout.config), { all: true });
  await changes.remove(layout.stateDir, { all: true });
  await changes.remove("/var/cache/worker", { all: true });
  if (changes.staged) return;
  if ((await output(["getent", "passwd", user])).success) {
    await changes.run("userdel", user);
  }
}

async function keepState({ changes, layout }: Place): Promise<void> {
  for (const path of [layout.config, layout.stateDir]) {
    if (await Deno.lstat(changes.place(path)).catch(() => null) === null) {
      continue;
    }
    await changes.tell({ did: "kept", what: path, why: "--purge removes it" });
  }
}
