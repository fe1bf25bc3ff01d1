import { join } from "node:path";

/** Every path under a directory, relative and sorted, with its mode, e.g. `600 ca/ca.key`. */
export function listing(dir: string): string[] {
  const lines: string[] = [];
  const walk = (relative: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(join(dir, relative))) {
      const path = join(relative, name);
      const { mode } = Deno.lstatSync(join(dir, path));
      lines.push(`${(mode! & 0o7777).toString(8)} ${path}`);
      if (isDirectory) walk(path);
    }
  };
  walk("");
  return lines.sort((a, b) => a.slice(4).localeCompare(b.slice(4)));
}

/** The bytes of every file under a directory, by relative path. */
export function contents(dir: string): Record<string, string> {
  return Object.fromEntries(
    listing(dir).map((line) => line.slice(4))
      .filter((path) => Deno.lstatSync(join(dir, path)).isFile)
      .map((path) => [path, Deno.readTextFileSync(join(dir, path))]),
  );
}
