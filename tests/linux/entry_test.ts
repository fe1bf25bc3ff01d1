import { deepEqual, equal, throws } from "node:assert/strict";
import { join } from "node:path";
import { Entry } from "../../lib/linux/entry.ts";

async function folder() {
  const path = await Deno.makeTempDir();
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

Deno.test("Entry.open() opens a symbolic link itself", async () => {
  await using dir = await folder();
  await Deno.symlink("/etc/passwd", join(dir.path, "link"));
  using link = Entry.open(join(dir.path, "link"));
  equal(link.stat().isSymlink, true);
});

Deno.test("Entry.open() says what it can't open", async () => {
  await using dir = await folder();
  throws(() => Entry.open(join(dir.path, "none")), {
    message: /cannot open ".*\/none" \(os error 2\)/,
  });
});

Deno.test("Entry.give() changes what was opened, not what took its place", async () => {
  await using dir = await folder();
  const path = join(dir.path, "file");
  await Deno.writeTextFile(path, "", { mode: 0o600 });
  using entry = Entry.open(path);
  await Deno.rename(path, join(dir.path, "moved"));
  await Deno.writeTextFile(path, "", { mode: 0o600 });
  entry.give({ uid: Deno.uid()!, gid: Deno.gid()!, mode: 0o640 });
  const modeOf = (name: string) =>
    Deno.statSync(join(dir.path, name)).mode! & 0o777;
  deepEqual([modeOf("moved"), modeOf("file")], [0o640, 0o600]);
});

Deno.test("Entry.children() gives what is in the folder that was opened", async () => {
  await using dir = await folder();
  const path = join(dir.path, "a");
  await Deno.mkdir(join(path, "sub"), { recursive: true });
  await Deno.symlink("sub", join(path, "link"));
  using entry = Entry.open(path);
  await Deno.rename(path, join(dir.path, "b"));
  await Deno.mkdir(path);
  const seen: [string, boolean, boolean][] = [];
  for (const child of entry.children()) {
    using _ = child;
    const { isDirectory, isSymlink } = child.stat();
    seen.push([child.name.slice(path.length), isDirectory, isSymlink]);
  }
  deepEqual(seen.sort(), [["/link", false, true], ["/sub", true, false]]);
});
