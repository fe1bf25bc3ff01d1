import { equal } from "node:assert/strict";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";

Deno.test("PidLock leaves no pid when it lets go, and keeps its file's room on the disk", async () => {
  const path = await Deno.makeTempFile({ prefix: "worker-lock-" });
  try {
    const lock = PidLock.take(path)!;
    equal(PidLock.pidIn(path), Deno.pid);
    equal(PidLock.isHeld(path), true);
    equal(PidLock.take(path), null);
    lock[Symbol.dispose]();
    equal(PidLock.isHeld(path), false);
    equal(PidLock.pidIn(path), null);
    equal((await Deno.stat(path)).size > 0, true);
  } finally {
    await Deno.remove(path);
  }
});
