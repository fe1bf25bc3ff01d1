import { WorkerError } from "../../lib/api/errors.ts";
import { examineExecutable } from "../../lib/daemon/replacement/examine_executable.ts";
import { ownProgram } from "../../lib/daemon/replacement/own_program.ts";

/** What is where the executable is to be. */
export type Installed =
  | { kind: "nothing" }
  /** The same bytes. */
  | { kind: "same" }
  | { kind: "other"; version: string };

/**
 * The file of the program that runs.
 *
 * @throws {WorkerError} `UNSUPPORTED` when it runs from its sources.
 */
export function ownExecutable(): string {
  const { executable } = ownProgram();
  if (executable !== null) return executable;
  throw new WorkerError(
    "UNSUPPORTED",
    "cannot install the program from its sources: build it first (`make build`), or name it with --executable",
  );
}

/**
 * Looks at what is at `path`, and whether the program in `source`, which is `bytes`, may replace it.
 *
 * @throws {WorkerError} `CONFLICT` when it is something else than this program, or a newer version
 * and `force` is not set; `INVALID_ARGUMENT` when `source` is no executable of this program.
 */
export async function examineInstalled(
  path: string,
  { source, bytes, force }: {
    source: string;
    bytes: Uint8Array;
    force: boolean;
  },
): Promise<Installed> {
  const there = await readOrNull(path);
  if (there === null) return { kind: "nothing" };
  if (sameBytes(there, bytes)) return { kind: "same" };
  const version = await installedVersion(path, { force });
  if (force) return { kind: "other", version };
  const next = await examineExecutable(source);
  if (compareVersions(version, next) > 0) {
    throw new WorkerError(
      "CONFLICT",
      `cannot install version "${next}" over the newer "${version}" in "${path}": say --force to go back`,
    );
  }
  return { kind: "other", version };
}

async function installedVersion(
  path: string,
  { force }: { force: boolean },
): Promise<string> {
  try {
    return await examineExecutable(path);
  } catch (cause) {
    if (force) return "unknown";
    throw new WorkerError(
      "CONFLICT",
      `cannot install to "${path}": what is there is not worker, or does not run; remove it, choose another --prefix, or say --force`,
      { cause },
    );
  }
}

/** Negative when `a` is older than `b`; builds of one version are equal. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) =>
    version.split(/[-+]/)[0]!.split(".").map(Number)
  ) as [number[], number[]];
  for (const [at, number] of left.entries()) {
    const difference = number - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

async function readOrNull(path: string): Promise<Uint8Array | null> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
