import { join, resolve } from "node:path";
import { WorkerError } from "../api/errors.ts";

/**
 * The absolute path of a command: as it stands when it has a slash (relative to `cwd`), otherwise
 * the first executable of that name on `path`, as execvp(3) looks it up.
 *
 * @throws {WorkerError} `COMMAND_NOT_FOUND`, saying where it looked.
 */
export function resolveCommand(
  command: string,
  { path, cwd }: { path: string; cwd: string },
): string {
  if (command.includes("/")) {
    const file = resolve(cwd, command);
    const refusal = refusalOf(file);
    if (refusal === null) return file;
    throw new WorkerError(
      "COMMAND_NOT_FOUND",
      `cannot run "${command}": ${refusal}`,
    );
  }
  for (const directory of path.split(":")) {
    const file = join(resolve(cwd, directory), command);
    if (refusalOf(file) === null) return file;
  }
  throw new WorkerError(
    "COMMAND_NOT_FOUND",
    `cannot run "${command}": no such program on the job's PATH (${path})`,
  );
}

function refusalOf(file: string): string | null {
  try {
    const { isFile, mode } = Deno.statSync(file);
    if (!isFile) return `"${file}" is not a file`;
    if (((mode ?? 0) & 0o111) === 0) return `"${file}" is not executable`;
    return refusalOfInterpreter(file);
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      return `no permission to reach "${file}"`;
    }
    return `"${file}" does not exist`;
  }
}

/** A script whose interpreter is missing fails in execve(2) as if it did not exist itself. */
function refusalOfInterpreter(file: string): string | null {
  const head = new Uint8Array(256);
  try {
    const open = Deno.openSync(file);
    try {
      open.readSync(head);
    } finally {
      open.close();
    }
  } catch {
    // Executable but not readable: whether it is a script, only the kernel can tell.
    return null;
  }
  const interpreter = /^#![ \t]*([^\s\0]+)/.exec(new TextDecoder().decode(head))
    ?.[1];
  if (interpreter === undefined) return null;
  try {
    Deno.statSync(interpreter);
    return null;
  } catch {
    return `its interpreter "${interpreter}" does not exist`;
  }
}
