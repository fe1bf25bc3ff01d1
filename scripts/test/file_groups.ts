import { join } from "node:path";

/**
 * The `*_test.ts` files of these files and folders in groups of at most `size`. Neighbours are in
 * different groups: what takes long is often in one folder.
 */
export function fileGroups(
  paths: readonly string[],
  { size }: { size: number },
): string[][] {
  const files = paths.flatMap(testFiles);
  const groups = Array.from(
    { length: Math.ceil(files.length / size) },
    (): string[] => [],
  );
  for (const [at, file] of files.entries()) {
    groups[at % groups.length]!.push(file);
  }
  return groups;
}

function testFiles(path: string): string[] {
  if (Deno.statSync(path).isFile) return [path];
  return Array.from(Deno.readDirSync(path))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, isDirectory }) => {
      if (isDirectory) return testFiles(join(path, name));
      return name.endsWith("_test.ts") ? [join(path, name)] : [];
    });
}
