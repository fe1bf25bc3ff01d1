/** Counts the tests of `*_test.ts` files below these folders by what they look like, without running them. */
export function countTests(folders: string[]): number {
  let count = 0;
  for (const folder of folders) {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) count += countTests([path]);
      else if (name.endsWith("_test.ts")) {
        const source = Deno.readTextFileSync(path);
        count += source.match(/^Deno\.test\(/gm)?.length ?? 0;
      }
    }
  }
  return count;
}
