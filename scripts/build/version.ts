import { run } from "./run.ts";

/**
 * The version of what is built from a checkout: `0.1.0` at the tag `v0.1.0`, else
 * `0.1.0+<commit>`, with `.dirty` when tracked files were changed. The same commit gives the same
 * version everywhere; without git it is that of `deno.json` alone.
 */
export async function buildVersion(checkout: string): Promise<string> {
  const { version } = JSON.parse(
    await Deno.readTextFile(`${checkout}/deno.json`),
  ) as { version: string };
  let commit: string;
  try {
    commit = (await run([
      "git",
      "describe",
      "--always",
      "--exclude=*",
      "--abbrev=12",
      "--dirty=.dirty",
    ], { cwd: checkout })).trim();
  } catch {
    return version;
  }
  return await isTagged(checkout, version) && !commit.endsWith(".dirty")
    ? version
    : `${version}+${commit}`;
}

async function isTagged(checkout: string, version: string): Promise<boolean> {
  const tags = await run(["git", "tag", "--points-at", "HEAD"], {
    cwd: checkout,
  });
  return tags.split("\n").includes(`v${version}`);
}
