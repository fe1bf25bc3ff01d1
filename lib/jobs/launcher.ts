import { WorkerError } from "../api/errors.ts";
import type { JobSpec } from "../api/job.ts";
import { closeDescriptor, giveTo } from "../linux/descriptor.ts";
import { ERRNO, LinuxError } from "../linux/linux_error.ts";
import { withDefaultOomScore } from "../linux/oom_score.ts";
import { type Pipe, pipeFromChild, pipeToChild } from "../linux/pipe.ts";
import { pipeWriter } from "../linux/pipe_writer.ts";
import { spawn } from "../linux/spawn.ts";
import { buildEnvironment } from "./environment.ts";
import { isolate } from "./isolation/mod.ts";
import { endOfChild, type MainProcess } from "./main_process.ts";
import { resolveCommand } from "./resolve_command.ts";
import { findUser, type HostUser, ownUser } from "./users.ts";

/** Everything `spawn(2)` needs, checked. */
export interface Launch {
  file: string;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** Keep standard input open; it is `/dev/null` otherwise. */
  stdin: boolean;
  /** Who the program runs as. */
  user: HostUser;
}

/** A job's files are for everybody to read, unless it says otherwise; those of this process are not. */
const JOB_UMASK = 0o022;

let self: Promise<HostUser> | undefined;

/**
 * Checks all that a job asks for before anything is created.
 *
 * @throws {WorkerError} `INVALID_ARGUMENT` (cwd, user), `COMMAND_NOT_FOUND`, `UNSUPPORTED`
 *   (isolation).
 */
export async function prepareLaunch(
  spec: JobSpec,
  id: string,
): Promise<Launch> {
  checkDirectory(spec.cwd);
  const own = await (self ??= ownUser());
  const user = spec.user === null ? own : await findUser(spec.user);
  const env = buildEnvironment(user, { id, env: spec.env });
  const file = resolveCommand(spec.command, {
    path: env.PATH ?? "",
    cwd: spec.cwd,
  });
  const prefix = await isolate({ spec, file, user, own });
  const [first, ...args] = [...prefix, file, ...spec.args];
  return { file: first!, args, env, cwd: spec.cwd, stdin: spec.stdin, user };
}

function checkDirectory(cwd: string): void {
  const problem = problemOfDirectory(cwd);
  if (problem === null) return;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `cannot start in "${cwd}": ${problem}`,
  );
}

function problemOfDirectory(path: string): string | null {
  try {
    return Deno.statSync(path).isDirectory ? null : "it is not a directory";
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      return "the directory can't be reached";
    }
    return "the directory does not exist";
  }
}

/**
 * Starts the process as the leader of its own session and process group.
 *
 * @param procsFile The `cgroup.procs` of the cgroup it starts in; null for that of this process.
 * @throws {WorkerError} when the kernel refuses: `COMMAND_NOT_FOUND` for a file that is no program,
 *   `INVALID_ARGUMENT` for arguments that are too long, `RESOURCE_EXHAUSTED` for a full host.
 */
export function launchProcess(
  launch: Launch,
  procsFile: string | null,
): MainProcess {
  using opened = new Descriptors();
  try {
    const stdin = launch.stdin ? opened.add(pipeToChild()) : null;
    const stdout = opened.add(pipeFromChild());
    const stderr = opened.add(pipeFromChild());
    // Otherwise a program that opens /dev/stdout as another user would be refused.
    for (const { ours } of [stdout, stderr]) giveTo(ours, launch.user);
    const { file, args } = procsFile ? entering(procsFile, launch) : launch;
    const pid = asEverybody(() =>
      spawn(file, {
        args,
        env: launch.env,
        cwd: launch.cwd,
        stdin: stdin?.theirs ?? null,
        stdout: stdout.theirs,
        stderr: stderr.theirs,
      })
    );
    opened.keepOurs();
    return {
      pid,
      stdin: stdin && pipeWriter(stdin.ours),
      stdout: stdout.ours,
      stderr: stderr.ours,
      ended: endOfChild(pid),
    };
  } catch (error) {
    throw explain(error, launch.file);
  }
}

/** What a job does not set itself it gets as any other program: umask and oom_score_adj. */
function asEverybody<T>(start: () => T): T {
  const own = Deno.umask(JOB_UMASK);
  try {
    return withDefaultOomScore(start);
  } finally {
    Deno.umask(own);
  }
}

/** The process enters its cgroup before it becomes the program, so that nothing of it runs outside. */
function entering(
  procsFile: string,
  { file, args, env }: Launch,
): { file: string; args: string[] } {
  // The shell would add its working directory to the environment of the job.
  const tidy = env.PWD === undefined ? "unset PWD && " : "";
  const script = `echo 0 >"$0" && ${tidy}exec "$@"`;
  return { file: "/bin/sh", args: ["-c", script, procsFile, file, ...args] };
}

/** Pipes on their way to a child. Their ends are closed unless they are kept. */
class Descriptors implements Disposable {
  readonly #theirs: number[] = [];
  #ours: number[] = [];

  add(pipe: Pipe): Pipe {
    this.#ours.push(pipe.ours);
    this.#theirs.push(pipe.theirs);
    return pipe;
  }

  keepOurs(): void {
    this.#ours = [];
  }

  [Symbol.dispose](): void {
    for (const fd of [...this.#ours, ...this.#theirs]) closeDescriptor(fd);
  }
}

function explain(cause: unknown, file: string): unknown {
  if (!(cause instanceof LinuxError)) return cause;
  const because = (
    code: ConstructorParameters<typeof WorkerError>[0],
    text: string,
  ) => new WorkerError(code, `cannot run "${file}": ${text}`, { cause });
  switch (cause.errno) {
    case ERRNO.ENOENT:
      return because(
        "COMMAND_NOT_FOUND",
        "it, or the interpreter that it names, does not exist",
      );
    case ERRNO.E2BIG:
      return because(
        "INVALID_ARGUMENT",
        "the arguments and the environment are too long",
      );
    case ERRNO.ENOEXEC:
      return because(
        "COMMAND_NOT_FOUND",
        "it is not a program this host can execute",
      );
    case ERRNO.EACCES:
      return because("COMMAND_NOT_FOUND", "permission denied");
    case ERRNO.EAGAIN:
    case ERRNO.ENOMEM:
    case ERRNO.ENFILE:
    case ERRNO.EMFILE:
      return because(
        "RESOURCE_EXHAUSTED",
        `the host has no room for another process (${cause.message})`,
      );
    default:
      return because("INTERNAL", cause.message);
  }
}
