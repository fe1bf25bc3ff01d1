import { deepEqual, equal, rejects } from "node:assert/strict";
import { readProfile, writeProfile } from "../../lib/config/profile.ts";

const PROFILE = { addr: "h:7443", cacert: "/a", cert: "/b", key: "/c" };

async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "worker-profile-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("writeProfile() writes for its owner only, over what was there", () =>
  inFolder(async (folder) => {
    const path = `${folder}/new/profile.json`;
    await writeProfile({ ...PROFILE, addr: "old:1" }, path);
    equal(await writeProfile(PROFILE, path), path);
    deepEqual(await readProfile(path), PROFILE);
    equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    equal((await Deno.stat(`${folder}/new`)).mode! & 0o777, 0o700);
    equal([...Deno.readDirSync(`${folder}/new`)].length, 1);
  }));

Deno.test("readProfile() is null when there is none", () =>
  inFolder(async (folder) => {
    equal(await readProfile(`${folder}/profile.json`), null);
  }));

Deno.test("readProfile() names the file when it is not a profile", () =>
  inFolder(async (folder) => {
    const path = `${folder}/profile.json`;
    for (const text of ["nonsense", "{}", '{"addr":1}', "null"]) {
      await Deno.writeTextFile(path, text);
      await rejects(readProfile(path), {
        message: /the profile ".*" is not valid/,
      });
    }
  }));
