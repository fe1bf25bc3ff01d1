import { WorkerError } from "../lib/api/errors.ts";
import { findServer } from "../lib/daemon/find_server.ts";
import { type CommandSpec, hasFlag, valueOf } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { examineInstalled, ownExecutable } from "./install/executable.ts";
import { ownFiles } from "./install/files.ts";
import type { Layout } from "./install/layout.ts";
import { type Place, PLACE_OPTIONS, placeOf } from "./install/options.ts";
import { settingsText } from "./install/settings_text.ts";
import { isActive, reloadUnits, systemdRuns } from "./install/systemd.ts";
import { checkUserName, makeUser } from "./install/system_user.ts";
import { printHint } from "./print.ts";

export const command: CommandSpec = {
  name: "install",
  summary: "make the server a service of this host",
  operands: "",
  count: { min: 0, max: 0 },
  options: [
    ...PLACE_OPTIONS,
    {
      name: "user",
      value: "USER",
      default: "worker",
      help: "the user as whom the server talks to the network; is made",
    },
    { name: "no-start", help: "do not start the service" },
    {
      name: "executable",
      value: "FILE",
      help: "install this file instead of the program that runs",
    },
    { name: "force", help: "also over a newer version, or another program" },
  ],
  details:
    "Copies the executable and makes a user, /etc/worker/worker.yaml (when there is\n" +
    "none), units of systemd, manual pages and completions; then starts the service.\n" +
    "Doing it again changes only what is not up to date.",
  async run(typed) {
    const place = placeOf(typed);
    const { changes, layout } = place;
    const user = valueOf(typed, "user") ?? "worker";
    checkUserName(user);
    const files = await ownFiles(layout);
    const force = hasFlag(typed, "force");
    await installExecutable(place, {
      source: valueOf(typed, "executable") ?? ownExecutable(),
      force,
    });
    if (!changes.staged) await makeUser(changes, user);
    await installSettings(place, user);
    await changes.folder(layout.stateDir, 0o700);
    for (const [path, text] of files) {
      await changes.file(path, text);
    }
    if (!changes.staged) {
      await startService(place, { start: !hasFlag(typed, "no-start") });
    }
    return EXIT.ok;
  },
};

async function installExecutable(
  { changes, layout }: Place,
  { source, force }: { source: string; force: boolean },
): Promise<void> {
  const path = layout.executable;
  const bytes = await readExecutable(source);
  // A packager's programs may be for another machine, and nothing of theirs runs.
  if (!changes.staged) {
    await refuseReplacement(layout, { source, bytes, force });
  }
  await changes.file(path, bytes, 0o755);
}

/** @throws {WorkerError} `CONFLICT` when the executable that is there must stay. */
async function refuseReplacement(
  { executable, stateDir }: Layout,
  next: { source: string; bytes: Uint8Array; force: boolean },
): Promise<void> {
  const installed = await examineInstalled(executable, next);
  if (installed.kind !== "other") return;
  const server = findServer(stateDir);
  if (server === null) return;
  throw new WorkerError(
    "CONFLICT",
    `cannot replace "${executable}", version "${installed.version}", below a server that runs (process ${server.pid}): \`worker upgrade ${next.source}\` does it without refusing a connection`,
  );
}

/** Settings are the administrator's, from the first moment on. */
async function installSettings(
  { changes, layout }: Place,
  user: string,
): Promise<void> {
  try {
    await Deno.lstat(changes.place(layout.config));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await changes.file(layout.config, await settingsText(user));
    return;
  }
  await changes.tell({
    did: "kept",
    what: layout.config,
    why: "settings are yours",
  });
}

async function startService(
  { changes, layout }: Place,
  { start }: { start: boolean },
): Promise<void> {
  if (!await systemdRuns()) {
    await printHint(
      `systemd does not run here: have your init system run \`${layout.executable} serve --config ${layout.config}\` as root, and start it again when it ends`,
    );
    return;
  }
  await reloadUnits(changes);
  await changes.run("systemctl", "enable", "worker.service");
  if (!start) return;
  if (await isActive("worker.service")) {
    await changes.tell({
      did: "kept",
      what: "worker.service",
      why:
        "it runs; what changed of its unit holds after `systemctl restart worker`",
    });
    return;
  }
  await changes.run("systemctl", "start", "worker.service");
}

async function readExecutable(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `cannot read the executable "${path}": ${(cause as Error).message}`,
      { cause },
    );
  }
}
