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
    return (mode ?? 0) & 0o111 ? null : `"${file}" is not executable`;
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      return `no permission to reach "${file}"`;
    }
    return `"${file}" does not exist`;
  }
}
