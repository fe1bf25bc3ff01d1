import { deepEqual, equal, ok } from "node:assert/strict";
import type { AuditLog, ReadOptions } from "../../lib/audit/mod.ts";
import { AuditFolder, numbered, numbersOf } from "./audit_folder.ts";

const range = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => from + index);

/** A follower whose numbers are taken one by one. */
class Follower implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #events: AsyncIterator<string>;
  readonly #numbers: number[] = [];

  constructor(log: AuditLog, options: ReadOptions = {}) {
    this.#events = log.read({
      ...options,
      follow: true,
      signal: this.#abort.signal,
    })[Symbol.asyncIterator]();
  }

  /** The next so many; fewer at the end. */
  async take(count: number): Promise<number[]> {
    while (this.#numbers.length < count) {
      const { done, value } = await this.#events.next();
      if (done) break;
      for (const line of value.trimEnd().split("\n")) {
        this.#numbers.push(JSON.parse(line).detail.number);
      }
    }
    return this.#numbers.splice(0, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#events.return?.();
  }
}

Deno.test("AuditLog.read() gives nothing when there is no folder", async () => {
  using folder = new AuditFolder();
  deepEqual(await numbersOf(folder.open()), []);
});

Deno.test("AuditLog.read() skips what is no event", async () => {
  using folder = new AuditFolder();
  const log = folder.open();
  log.record(numbered(0));
  const path = `${folder.path}/${folder.files()[0]}`;
  const noise = ["", "7", "null", '{"time":"20', "[]", "x".repeat(200_000)];
  Deno.writeTextFileSync(path, noise.join("\n") + "\n", { append: true });
  log.record(numbered(1));
  deepEqual(await numbersOf(log), [0, 1]);
});

Deno.test("AuditLog.read() gives every event when they fill many chunks of files", async () => {
  using folder = new AuditFolder();
  const log = folder.open({ fileSize: 300_000 });
  for (const number of range(4_000)) {
    log.record(numbered(number, { message: "ä".repeat(number % 100) }));
  }
  ok(folder.files().length > 2);
  deepEqual(await numbersOf(log), range(4_000));
  deepEqual(await numbersOf(log, { limit: 2_000 }), range(2_000, 2_000));
  deepEqual(await numbersOf(log, { limit: 9_000 }), range(4_000));
});

Deno.test("AuditLog.read() follows what this and other processes write", async () => {
  using folder = new AuditFolder();
  const [own, other] = [folder.open(), folder.open()];
  own.record(numbered(0));
  await using follower = new Follower(own);
  deepEqual(await follower.take(1), [0]);
  own.record(numbered(1));
  deepEqual(await follower.take(1), [1]);
  other.record(numbered(2));
  deepEqual(await follower.take(1), [2]);
});

Deno.test("AuditLog.read() follows through rotation, each event once", async () => {
  using folder = new AuditFolder();
  const log = folder.open({ fileSize: 1_000 });
  await using follower = new Follower(log);
  for (const batch of range(20)) {
    for (const number of range(10, batch * 10)) log.record(numbered(number));
    deepEqual(await follower.take(10), range(10, batch * 10));
  }
  ok(folder.files().length > 20);
});

Deno.test("AuditLog.read() goes on behind the newest when limited", async () => {
  using folder = new AuditFolder();
  const log = folder.open({ fileSize: 1_000 });
  for (const number of range(20)) log.record(numbered(number));
  await using follower = new Follower(log, { limit: 2 });
  deepEqual(await follower.take(2), [18, 19]);
  log.record(numbered(20));
  deepEqual(await follower.take(1), [20]);
});

Deno.test("AuditLog.read() follows through the removal of the folder", async () => {
  using folder = new AuditFolder();
  const log = folder.open();
  await using follower = new Follower(log);
  log.record(numbered(0));
  deepEqual(await follower.take(1), [0]);
  Deno.removeSync(folder.path, { recursive: true });
  log.record(numbered(1));
  deepEqual(await follower.take(1), [1]);
});

Deno.test("AuditLog.dispose() ends followers", async () => {
  using folder = new AuditFolder();
  const log = folder.open();
  await using follower = new Follower(log);
  const rest = follower.take(1);
  log[Symbol.dispose]();
  deepEqual(await rest, []);
});

Deno.test("AuditLog.read() holds little when a follower is slow", async () => {
  using folder = new AuditFolder();
  const log = folder.open();
  let longest = 0;
  for (const number of range(3_000)) log.record(numbered(number));
  for await (const lines of log.read()) {
    longest = Math.max(longest, lines.length);
  }
  ok(longest <= 64 * 1024);
  ok(folder.text().length > 10 * longest);
  equal((await numbersOf(log)).length, 3_000);
});
