import { WorkerError } from "../api/errors.ts";
import type { JobSpec } from "../api/job.ts";
import { spawnChild } from "./children.ts";
import { buildEnvironment } from "./environment.ts";
import { resolveCommand } from "./resolve_command.ts";
import { findUser, type HostUser, ownUser } from "./users.ts";

/** Everything `spawn(2)` needs, checked. */
export interface Launch {
  file: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  stdin: "null" | "piped";
}

const SYSTEM_PATH = { path: "/usr/bin:/bin", cwd: "/" };
const SETSID = resolveCommand("setsid", SYSTEM_PATH);

let self: Promise<HostUser> | undefined;

/**
 * Checks all that a job asks for before anything is created.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` (cwd, user), `COMMAND_NOT_FOUND`, `UNSUPPORTED`.
 */
export async function prepareLaunch(
  spec: JobSpec,
  id: string,
): Promise<Launch> {
  const { memory, cpu, pids, io } = spec.limits;
  for (const [name, value] of Object.entries({ memory, cpu, pids, io })) {
    if (value === null) continue;
    throw new WorkerError(
      "UNSUPPORTED",
      `cannot limit ${name} to "${value}": this server does not manage cgroups`,
    );
  }
  checkDirectory(spec.cwd);
  const own = await (self ??= ownUser());
  const user = spec.user === null ? own : await findUser(spec.user);
  const env = buildEnvironment(user, { id, env: spec.env });
  const file = resolveCommand(spec.command, {
    path: env.PATH ?? "",
    cwd: spec.cwd,
  });
  const launch: Launch = {
    file,
    args: spec.args,
    env,
    cwd: spec.cwd,
    stdin: spec.stdin ? "piped" : "null",
  };
  return user.uid === own.uid ? launch : asUser(launch, { user, own });
}

/** Lets setpriv(1) change the user: it sets the supplementary groups too, which spawn does not. */
function asUser(
  launch: Launch,
  { user, own }: { user: HostUser; own: HostUser },
): Launch {
  if (own.uid !== 0) {
    throw new WorkerError(
      "UNSUPPORTED",
      `cannot run as user "${user.name}": the server runs as "${own.name}", and only root may change the user`,
    );
  }
  const setpriv = resolveCommand("setpriv", {
    path: "/usr/bin:/bin",
    cwd: "/",
  });
  const args = [
    `--reuid=${user.uid}`,
    `--regid=${user.gid}`,
    "--init-groups",
    "--",
  ];
  return {
    ...launch,
    file: setpriv,
    args: [...args, launch.file, ...launch.args],
  };
}

function checkDirectory(cwd: string): void {
  const problem = problemOfDirectory(cwd);
  if (problem === null) return;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `cannot start in "${cwd}": the directory ${problem}`,
  );
}

function problemOfDirectory(path: string): string | null {
  try {
    return Deno.statSync(path).isDirectory ? null : "is not a directory";
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      return "can't be reached";
    }
    return "does not exist";
  }
}

/**
 * Starts the process as the leader of its own session and process group, by setsid(1): the
 * runtime's own way (`detached`) forks the whole server instead of using posix_spawn(3), which
 * takes three times as long and stops everything else meanwhile.
 *
 * @throws {WorkerError} when the kernel refuses: `COMMAND_NOT_FOUND` for a file that is no program,
 *   `INVALID_ARGUMENT` for arguments that are too long, `RESOURCE_EXHAUSTED` for a full host.
 */
export function launchProcess(launch: Launch): Deno.ChildProcess {
  try {
    return spawnChild(SETSID, {
      args: [launch.file, ...launch.args],
      env: launch.env,
      clearEnv: true,
      cwd: launch.cwd,
      stdin: launch.stdin,
      stdout: "piped",
      stderr: "piped",
    });
  } catch (error) {
    throw explain(error as Error, launch.file);
  }
}

function explain(cause: Error, file: string): WorkerError {
  const errno = Number(/os error (\d+)/.exec(cause.message)?.[1]);
  const because = (
    code: ConstructorParameters<typeof WorkerError>[0],
    text: string,
  ) => new WorkerError(code, `cannot run "${file}": ${text}`, { cause });
  switch (errno) {
    case 2:
      return because(
        "COMMAND_NOT_FOUND",
        "it, or the interpreter that it names, does not exist",
      );
    case 7:
      return because(
        "INVALID_ARGUMENT",
        "the arguments and the environment are too long",
      );
    case 8:
      return because(
        "COMMAND_NOT_FOUND",
        "it is not a program this host can execute",
      );
    case 13:
      return because("COMMAND_NOT_FOUND", "permission denied");
    case 11:
    case 12:
    case 23:
    case 24:
      return because(
        "RESOURCE_EXHAUSTED",
        `the host has no room for another process (${cause.message})`,
      );
    default:
      return because("INTERNAL", cause.message);
  }
}
