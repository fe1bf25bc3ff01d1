import { basename, dirname } from "node:path";
import { VERSION } from "../version.ts";

/**
 * Names the program that this process runs, down to its bytes: two builds of one version differ.
 *
 * A self-extracting executable unpacks its program into a folder that is named for its digest; a
 * compiled one is told by size and time of the file; sources by where they are.
 */
export function ownBuild(): string {
  const program = Deno.mainModule;
  if (Deno.build.standalone) {
    const { size, mtime } = Deno.statSync(Deno.execPath());
    return `${VERSION} ${size}-${mtime?.getTime() ?? 0}`;
  }
  return `${VERSION} ${
    Deno.env.has("WORKER_EXECUTABLE") ? basename(dirname(program)) : program
  }`;
}

/**
 * The words that start this program again, without its arguments: they do not go through what the
 * executable's file is by now, which an upgrade may have replaced.
 */
export function ownCommand(): string[] {
  const words = Deno.readTextFileSync("/proc/self/cmdline").split("\0");
  // Every word ends with a zero byte.
  words.pop();
  const options = words.slice(1, words.length - Deno.args.length);
  return [Deno.execPath(), ...options];
}
