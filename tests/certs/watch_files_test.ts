import { deepEqual, ok, rejects } from "node:assert/strict";
import { watchFiles } from "../../certs/watch_files.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { workspace } from "./workspace.ts";

async function watching(names: string[]) {
  const space = await workspace();
  for (const name of names) await space.write(name, "0");
  const stop = new AbortController();
  const told: string[][] = [];
  const watch = watchFiles(space.dir, names, (changed) => {
    told.push(changed);
  }, { signal: stop.signal, debounce: 20 });
  return {
    ...space,
    told,
    /** Waits until this name is told of, and forgets what was told. */
    async toldOf(name: string) {
      await waitFor(`"${name}"`, () => told.flat().includes(name));
      return told.splice(0).flat();
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watch;
      await space[Symbol.asyncDispose]();
    },
  };
}

Deno.test("watchFiles() tells of a file that is written, replaced, removed or made", async () => {
  await using w = await watching(["a", "b"]);
  await w.write("a", "1");
  deepEqual(new Set(await w.toldOf("a")), new Set(["a"]));
  for (let i = 0; i < 5; i++) {
    await w.write("a.new", `${i}`);
    await Deno.rename(w.path("a.new"), w.path("a"));
    await w.toldOf("a");
  }
  await Deno.remove(w.path("b"));
  ok((await w.toldOf("b")).includes("b"));
  await w.write("b", "again");
  await w.toldOf("b");
});

Deno.test("watchFiles() tells of nothing when others change or a file is read", async () => {
  await using w = await watching(["a", "b"]);
  for (let i = 0; i < 20; i++) {
    await w.write("other", `${i}`);
    await w.read("a");
  }
  await w.write("b", "1");
  deepEqual(new Set(await w.toldOf("b")), new Set(["b"]));
});

Deno.test("watchFiles() tells of a file whose symbolic link leads elsewhere now", async () => {
  await using w = await watching([]);
  for (const version of ["v1", "v2"]) {
    await Deno.mkdir(w.path(version));
    await w.write(`${version}/tls.crt`, version);
  }
  await Deno.symlink("v1", w.path("current"));
  await Deno.symlink("current/tls.crt", w.path("tls.crt"));
  const stop = new AbortController();
  const told: string[] = [];
  const watch = watchFiles(w.dir, ["tls.crt"], (changed) => {
    told.push(...changed);
  }, { signal: stop.signal, debounce: 20 });
  await Deno.symlink("v2", w.path("next"));
  await Deno.rename(w.path("next"), w.path("current"));
  await waitFor("the change behind the link", () => told.includes("tls.crt"));
  stop.abort();
  await watch;
});

Deno.test("watchFiles() gathers changes while the last ones are handled", async () => {
  await using space = await workspace();
  await space.write("a", "0");
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  let calls = 0;
  let running = 0;
  let seen = "";
  const watch = watchFiles(space.dir, ["a"], async () => {
    ok(++running === 1, "called twice at once");
    if (++calls === 1) await first.promise;
    seen = await space.read("a");
    running--;
  }, { signal: stop.signal, debounce: 5 });
  await space.write("a", "1");
  await waitFor("the first call", () => calls === 1);
  for (let i = 2; i <= 9; i++) await space.write("a", `${i}`);
  first.resolve();
  await waitFor("the last content", () => seen === "9" && calls > 1);
  stop.abort();
  await watch;
});

Deno.test("watchFiles() ends with what onChange throws", async () => {
  await using space = await workspace();
  await space.write("a", "0");
  const watch = watchFiles(space.dir, ["a"], () => {
    throw new Error("no");
  }, { signal: new AbortController().signal, debounce: 1 });
  await space.write("a", "1");
  await rejects(watch, /^Error: no$/);
});

Deno.test("watchFiles() refuses a directory that does not exist, and ends at once when aborted", async () => {
  const { signal } = new AbortController();
  await rejects(watchFiles("/nonexistent", ["a"], () => {}, { signal }));
  await watchFiles("/nonexistent", ["a"], () => {}, {
    signal: AbortSignal.abort(),
  });
});

Deno.test("watchFiles() leaves no timer behind when it ends between a change and its telling", async () => {
  await using space = await workspace();
  await space.write("a", "0");
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  let calls = 0;
  using timers = debounceTimers();
  const watch = watchFiles(space.dir, ["a"], async () => {
    calls++;
    await first.promise;
  }, { signal: stop.signal, debounce: DEBOUNCE });
  await space.write("a", "1");
  await waitFor("the first call", () => calls === 1);
  await space.write("a", "2");
  await waitFor("the second change", () => timers.armed.size > 0);
  stop.abort();
  // It has noticed, and the telling that is under way ends after that.
  await waitFor("the timer to be cleared", () => timers.armed.size === 0);
  first.resolve();
  await watch;
  deepEqual([...timers.armed], []);
});

/** An interval in milliseconds that no other timer of the process has, and that no test waits for. */
const DEBOUNCE = 1_234;

/** From now on, which timers of `DEBOUNCE` are armed: neither fired nor cleared. */
function debounceTimers() {
  const { setTimeout, clearTimeout } = globalThis;
  const armed = new Set<unknown>();
  globalThis.setTimeout = ((run: () => void, ms?: number) => {
    const timer = setTimeout(() => {
      armed.delete(timer);
      run();
    }, ms);
    if (ms === DEBOUNCE) armed.add(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    armed.delete(timer);
    clearTimeout(timer);
  };
  return {
    armed,
    [Symbol.dispose]() {
      Object.assign(globalThis, { setTimeout, clearTimeout });
    },
  };
}
