import { equal } from "node:assert/strict";
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
