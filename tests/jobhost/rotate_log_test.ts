import { equal } from "node:assert/strict";
import { join } from "node:path";
import { rotateLog } from "../../lib/jobhost/rotate_log.ts";

async function stateDir() {
  const path = await Deno.makeTempDir();
  await Deno.mkdir(join(path, "run"));
  const log = join(path, "run/jobhost.log");
  return {
    path,
    log,
    read: (file = log) => Deno.readTextFile(file),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

Deno.test("rotateLog() moves a log that is too long aside, under the feet of who appends to it", async () => {
  await using dir = await stateDir();
  using file = await Deno.open(dir.log, { append: true, create: true });
  const write = (text: string) => file.write(new TextEncoder().encode(text));
  await write("0123456789");
  rotateLog(dir.path, 10);
  equal(await dir.read(), "0123456789");
  await write("x");
  rotateLog(dir.path, 10);
  await write("new\n");
  equal(await dir.read(), "new\n");
  equal(await dir.read(`${dir.log}.1`), "0123456789x");
  await write("and more of it");
  rotateLog(dir.path, 10);
  equal(await dir.read(`${dir.log}.1`), "new\nand more of it");
});

Deno.test("rotateLog() does not mind a log that is not there", async () => {
  await using dir = await stateDir();
  rotateLog(dir.path);
  equal(await dir.read().catch(() => null), null);
});
