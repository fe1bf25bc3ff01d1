import { equal, throws } from "node:assert/strict";
import { join } from "node:path";
import { AppendFile, bytesInPipe } from "../../lib/linux/append_file.ts";
import { closeDescriptor } from "../../lib/linux/descriptor.ts";
import { libc } from "../../lib/linux/libc.ts";
import { LinuxError } from "../../lib/linux/linux_error.ts";
import { pipeFromChild } from "../../lib/linux/pipe.ts";

function temporaryFolder(): { path: string } & Disposable {
  const path = Deno.makeTempDirSync({ prefix: "worker-append-" });
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("moveFrom() moves what is in a pipe to the end of the file, and no more", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "log");
  using file = AppendFile.create(path, 0o600);
  const { ours, theirs } = pipeFromChild();
  libc.write(theirs, bytes("hello world"), 11n);
  equal(bytesInPipe(ours), 11);
  file.append(bytes("> "));
  equal(file.moveFrom(ours, 5), 5);
  equal(bytesInPipe(ours), 6);
  equal(file.moveFrom(ours, 100), 6);
  equal(file.moveFrom(ours, 100), null);
  closeDescriptor(theirs);
  equal(file.moveFrom(ours, 100), 0);
  closeDescriptor(ours);
  file.write(bytes("<"), 0);
  equal(file.size, 13);
  equal(Deno.readTextFileSync(path), "< hello world");
  const tail = new Uint8Array(5);
  file.read(tail, 8);
  equal(new TextDecoder().decode(tail), "world");
});

Deno.test("AppendFile.open() cuts off what is torn and goes on there", () => {
  using folder = temporaryFolder();
  const path = join(folder.path, "log");
  Deno.writeTextFileSync(path, "whole|torn");
  using file = AppendFile.open(path, 6);
  file.append(bytes("next"));
  equal(Deno.readTextFileSync(path), "whole|next");
  throws(
    () => AppendFile.create(path, 0o600),
    (error) => error instanceof LinuxError && error.errno === 17,
  );
});
