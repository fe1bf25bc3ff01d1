import { deepEqual, equal, throws } from "node:assert/strict";
import { replaceText } from "../../lib/daemon/replace_text.ts";

Deno.test("replaceText() changes a file whole, and follows nothing that is in its way", async () => {
  const folder = await Deno.makeTempDir({ prefix: "worker-replace-" });
  try {
    const [path, other] = [`${folder}/file`, `${folder}/other`];
    await Deno.writeTextFile(path, "before");
    await Deno.writeTextFile(other, "another's");
    await Deno.symlink(other, `${path}.${Deno.pid}`);
    using before = await Deno.open(path);
    replaceText(path, "after");
    equal(await Deno.readTextFile(path), "after");
    equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    equal(await Deno.readTextFile(other), "another's");
    // Who has it open reads on in what was there.
    equal((await before.stat()).size, "before".length);
    equal([...Deno.readDirSync(folder)].length, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("replaceText() writes nothing when the file says so already, and leaves nothing behind when it can't", async () => {
  const folder = await Deno.makeTempDir({ prefix: "worker-replace-" });
  try {
    const path = `${folder}/file`;
    replaceText(path, "text");
    const { ino } = await Deno.stat(path);
    replaceText(path, "text");
    equal((await Deno.stat(path)).ino, ino);
    // What others may read is never left as it is.
    await Deno.chmod(path, 0o644);
    replaceText(path, "text");
    equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    const taken = `${folder}/taken`;
    await Deno.mkdir(taken);
    await Deno.writeTextFile(`${taken}/by`, "another");
    throws(() => replaceText(taken, "text"));
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "file",
      "taken",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
