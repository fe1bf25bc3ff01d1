import { equal, rejects } from "node:assert/strict";
import { WorkerError } from "../../lib/api/errors.ts";
import { Place } from "../../lib/daemon/place.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";

async function lockPath() {
  const folder = await Deno.makeTempDir({ prefix: "worker-place-" });
  return {
    path: `${folder}/worker.pid`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("take() has the place when somebody only looked whether it is taken", async () => {
  await using lock = await lockPath();
  const { path } = lock;
  await Deno.writeTextFile(path, "");
  using looking = await Deno.open(path);
  looking.lockSync(false);
  const taking = Place.take(path);
  looking.unlockSync();
  using _place = await taking;
  equal(PidLock.pidIn(path), Deno.pid);
});

Deno.test("take() rejects when another server has the place, and names it", async () => {
  await using lock = await lockPath();
  using _place = await Place.take(lock.path);
  await rejects(
    Place.take(lock.path),
    (error) =>
      error instanceof WorkerError && error.code === "CONFLICT" &&
      error.message.includes(`(pid ${Deno.pid})`),
  );
});

Deno.test("enter() waits until the place is handed over", async () => {
  await using lock = await lockPath();
  const { path } = lock;
  using before = await Place.take(path);
  using after = Place.await(path);
  const entering = after.enter(new AbortController().signal);
  equal(before.handedOver, false);
  before.handOver();
  equal(before.handedOver, true);
  await entering;
  equal(PidLock.isHeld(path), true);
  equal(PidLock.pidIn(path), Deno.pid);
});

Deno.test("enter() gives up with its signal", async () => {
  await using lock = await lockPath();
  using _before = await Place.take(lock.path);
  using after = Place.await(lock.path);
  const abort = new AbortController();
  const entering = after.enter(abort.signal);
  abort.abort(new Error("told to end"));
  await rejects(entering, /told to end/);
});

Deno.test("enter() rejects when a third server was faster", async () => {
  await using lock = await lockPath();
  const { path } = lock;
  const before = await Place.take(path);
  using after = Place.await(path);
  before[Symbol.dispose]();
  using third = PidLock.take(path);
  third?.write("4711\n");
  await rejects(
    after.enter(new AbortController().signal),
    (error) =>
      error instanceof WorkerError && error.code === "CONFLICT" &&
      error.message.includes("(pid 4711)"),
  );
});
