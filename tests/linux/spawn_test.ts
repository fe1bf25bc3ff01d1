import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { closeDescriptor, readDescriptor } from "../../lib/linux/descriptor.ts";
import { LinuxError } from "../../lib/linux/linux_error.ts";
import { Pidfd } from "../../lib/linux/pidfd.ts";
import { pipeFromChild, pipeToChild } from "../../lib/linux/pipe.ts";
import { pipeWriter } from "../../lib/linux/pipe_writer.ts";
import { poller } from "../../lib/linux/poller.ts";
import { reap } from "../../lib/linux/reap.ts";
import { spawn } from "../../lib/linux/spawn.ts";

const env = { PATH: "/usr/bin:/bin", TEXT: "a=b ä" };

/** Runs a program to its end; its standard output and how it ended. */
async function run(file: string, args: string[], stdin: number | null = null) {
  const out = pipeFromChild();
  const err = pipeFromChild();
  const pid = spawn(file, {
    args,
    env,
    cwd: "/usr",
    stdin,
    stdout: out.theirs,
    stderr: err.theirs,
  });
  for (const fd of [out.theirs, err.theirs]) closeDescriptor(fd);
  const text = await readAll(out.ours);
  await readAll(err.ours);
  using process = Pidfd.open(pid)!;
  await process.ended();
  return { pid, text, end: reap(pid)! };
}

async function readAll(fd: number): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let text = "";
  for (;;) {
    const count = readDescriptor(fd, buffer);
    if (count === 0) break;
    if (count === null) await poller.readable(fd);
    else text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  poller.forget(fd);
  closeDescriptor(fd);
  return text;
}

Deno.test("spawn() passes arguments, environment and directory as they are", async () => {
  const { text, end } = await run("/bin/sh", [
    "-c",
    'pwd; echo "$1:$TEXT:$#"; env | wc -l; exit 7',
    "sh",
    "a b\n'c'",
  ]);
  // PATH, TEXT and what the shell itself adds: PWD, and perhaps SHLVL and _.
  const [cwd, one, two, count] = text.split("\n");
  deepEqual([cwd, one, two], ["/usr", "a b", "'c':a=b ä:1"]);
  equal(Number(count) <= 5, true);
  deepEqual([end.code, end.signal], [7, null]);
});

Deno.test("spawn() makes the program leader of a session of its own, with three descriptors and no ignored signal", async () => {
  const { pid, text } = await run("/bin/sh", [
    "-c",
    'cut -d" " -f5,6 /proc/$$/stat; ls /proc/$$/fd; exec grep -E "Sig(Ign|Blk)" /proc/self/status',
  ]);
  const lines = text.split("\n");
  equal(lines[0], `${pid} ${pid}`);
  deepEqual(lines.slice(1, 4), ["0", "1", "2"]);
  equal(/SigBlk:\t0+$/m.test(text), true, text);
  equal(/SigIgn:\t0+$/m.test(text), true, text);
});

Deno.test("spawn() throws with the errno of a file that is no program, and leaves no process", () => {
  for (const [file, errno] of [["/nowhere", 2], ["/etc", 13]] as const) {
    throws(
      () =>
        spawn(file, {
          args: [],
          env,
          cwd: "/",
          stdin: null,
          stdout: 1,
          stderr: 2,
        }),
      (error) => error instanceof LinuxError && error.errno === errno,
    );
  }
});

Deno.test("reap() tells a signal, and what the child has used", async () => {
  const { end } = await run("/bin/sh", ["-c", "kill -9 $$"]);
  deepEqual([end.code, end.signal], [null, 9]);
  equal(end.usage.cpuSeconds >= 0, true);
});

Deno.test("reap() tells the peak of a child that is larger than this process, and no other", async () => {
  const small = await run("/usr/bin/true", []);
  equal(small.end.usage.memoryPeakBytes, null);
  // The other tests may have made this process as large as they like.
  const status = await Deno.readTextFile("/proc/self/status");
  const own = Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)![1]);
  const size = Math.ceil(own / 1024) + 128;
  const large = await run("/usr/bin/dd", [
    ...["if=/dev/zero", "of=/dev/null", `bs=${size}M`, "count=1"],
  ]);
  ok(large.end.usage.memoryPeakBytes! >= size * 2 ** 20);
});

Deno.test("pipeWriter() goes at the reader's pace, and its close is the end of the file", async () => {
  const input = pipeToChild();
  const result = run("/usr/bin/sha256sum", [], input.theirs);
  closeDescriptor(input.theirs);
  const writer = pipeWriter(input.ours).getWriter();
  const chunk = new Uint8Array(300_000).fill(97);
  for (let i = 0; i < 10; i++) await writer.write(chunk);
  await writer.close();
  const expected = await crypto.subtle.digest(
    "SHA-256",
    new Uint8Array(3_000_000).fill(97),
  );
  const hex = new Uint8Array(expected).toHex();
  equal((await result).text, `${hex}  -\n`);
});

Deno.test("pipeWriter() fails when the reader has gone", async () => {
  const input = pipeToChild();
  const writer = pipeWriter(input.ours).getWriter();
  closeDescriptor(input.theirs);
  await writer.write(new Uint8Array(1)).then(
    () => {
      throw new Error("it was written to nobody");
    },
    (error) => equal((error as LinuxError).errno, 32),
  );
  await writer.closed.catch(() => {});
});
