import { deepEqual, equal, match, ok } from "node:assert/strict";
import { FakeClock } from "../helpers/fake_clock.ts";
import { AuditFolder, eventsOf, numbered, numbersOf } from "./audit_folder.ts";

const range = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => from + index);

Deno.test("AuditLog.record() has appended a line when it returns", () => {
  using folder = new AuditFolder();
  const log = folder.open({ clock: new FakeClock() });
  log.record({ action: "daemon.start", result: "ok" });
  const [name, ...more] = folder.files();
  deepEqual(more, []);
  match(name!, /^[0-9a-z]{26}\.ndjson$/);
  const { id, ...event } = JSON.parse(folder.text());
  match(id, /^[0-9a-z]{26}$/);
  deepEqual(event, {
    time: "2026-01-01T00:00:00.000Z",
    actor: null,
    from: null,
    action: "daemon.start",
    target: null,
    detail: {},
    result: "ok",
    status: null,
    code: null,
    message: null,
    repeated: 1,
  });
  equal(folder.text().endsWith("}\n"), true);
});

Deno.test("AuditLog keeps its files to their owner", () => {
  using folder = new AuditFolder();
  folder.open().record(numbered(0));
  equal(Deno.statSync(folder.path).mode! & 0o777, 0o700);
  const file = Deno.statSync(`${folder.path}/${folder.files()[0]}`);
  equal(file.mode! & 0o777, 0o600);
});

Deno.test("AuditLog.record() cuts texts when they are long", async () => {
  using folder = new AuditFolder();
  const log = folder.open();
  const long = "x".repeat(1_000_000);
  log.record(numbered(0, {
    message: long,
    detail: { path: long },
    target: { job: long, owner: null },
  }));
  const [event] = await eventsOf(log);
  equal(event!.message!.length, 300);
  ok(folder.text().length < 1_200);
});

Deno.test("AuditLog goes on in the newest file when it is opened again", async () => {
  using folder = new AuditFolder();
  for (const number of range(3)) {
    using log = folder.open();
    log.record(numbered(number));
  }
  equal(folder.files().length, 1);
  deepEqual(await numbersOf(folder.open()), [0, 1, 2]);
});

Deno.test("AuditLog begins a new line when a crash left a torn one", async () => {
  using folder = new AuditFolder();
  {
    using log = folder.open();
    log.record(numbered(0));
    log.record(numbered(1));
  }
  const path = `${folder.path}/${folder.files()[0]}`;
  Deno.truncateSync(path, Deno.statSync(path).size - 10);
  deepEqual(await numbersOf(folder.open()), [0]);
  folder.open().record(numbered(2));
  deepEqual(await numbersOf(folder.open()), [0, 2]);
});

Deno.test("AuditLog begins another file when one is full", async () => {
  using folder = new AuditFolder();
  const log = folder.open({ fileSize: 2_000 });
  for (const number of range(40)) log.record(numbered(number));
  ok(folder.files().length > 4);
  for (const name of folder.files()) ok(folder.read(name).length <= 2_000);
  deepEqual(await numbersOf(log), range(40));
});

Deno.test("AuditLog begins another file when the newest is a tenth of what is kept", () => {
  using folder = new AuditFolder();
  const clock = new FakeClock();
  const log = folder.open({ clock, keep: 1_000_000 });
  log.record(numbered(0));
  clock.pass(99_999);
  log.record(numbered(1));
  equal(folder.files().length, 1);
  clock.pass(1);
  log.record(numbered(2));
  equal(folder.files().length, 2);
});

Deno.test("AuditLog removes the oldest files when there is too much", async () => {
  using folder = new AuditFolder();
  const log = folder.open({ fileSize: 2_000, totalSize: 8_000 });
  for (const number of range(100)) log.record(numbered(number));
  ok(folder.text().length <= 10_000);
  const numbers = await numbersOf(log);
  deepEqual(numbers, range(numbers.length, 100 - numbers.length));
});

Deno.test("AuditLog removes files when they are too old", async () => {
  using folder = new AuditFolder();
  {
    using log = folder.open({ fileSize: 1 });
    for (const number of range(3)) log.record(numbered(number));
  }
  const [old] = folder.files();
  const yesterday = new Date(Date.now() - 86_400_000);
  Deno.utimeSync(`${folder.path}/${old}`, yesterday, yesterday);
  deepEqual(await numbersOf(folder.open({ keep: 3_600_000 })), [1, 2]);
});

Deno.test("AuditLog.configure() changes what is kept", async () => {
  using folder = new AuditFolder();
  const log = folder.open({ fileSize: 500 });
  for (const number of range(40)) log.record(numbered(number));
  equal((await numbersOf(log)).length, 40);
  log.configure({ fileSize: 1_000, totalSize: 1_000 });
  ok(folder.text().length <= 4_000);
  for (const number of range(10)) log.record(numbered(number));
  ok(folder.read(folder.files().at(-2)!).length > 500);
});

Deno.test("AuditLog leaves alone what is not of the log", async () => {
  using folder = new AuditFolder();
  Deno.mkdirSync(folder.path);
  Deno.writeTextFileSync(`${folder.path}/notes.ndjson`, "{}\n");
  Deno.writeTextFileSync(`${folder.path}/${"z".repeat(26)}.ndjson`, "{}\n");
  Deno.symlinkSync(
    "/etc/passwd",
    `${folder.path}/01k9zq4t3v8m2c7x5n0b6d1f2g.ndjson`,
  );
  const log = folder.open({ totalSize: 1 });
  log.record(numbered(0));
  deepEqual(await numbersOf(log), [0]);
  equal(folder.files().length, 4);
});

Deno.test("AuditLog appends to no file that has a second name", async () => {
  using folder = new AuditFolder();
  {
    using log = folder.open();
    log.record(numbered(0));
  }
  const [first] = folder.files();
  Deno.linkSync(`${folder.path}/${first}`, `${folder.path}/elsewhere`);
  const log = folder.open();
  log.record(numbered(1));
  equal(folder.read(first!).split("\n").length, 2);
  deepEqual(await numbersOf(log), [0, 1]);
});

Deno.test("AuditLog makes the file anew when somebody moved it away", async () => {
  using folder = new AuditFolder();
  const log = folder.open();
  log.record(numbered(0));
  const [name] = folder.files();
  Deno.renameSync(`${folder.path}/${name}`, `${folder.path}/moved`);
  log.record(numbered(1));
  match(folder.read("moved"), /"number":0/);
  deepEqual(await numbersOf(log), [1]);
});

Deno.test("AuditLog makes the folder anew when somebody removed it", async () => {
  using folder = new AuditFolder();
  const log = folder.open();
  log.record(numbered(0));
  Deno.removeSync(folder.path, { recursive: true });
  log.record(numbered(1));
  deepEqual(await numbersOf(log), [1]);
  equal(log.lost, 0);
});

Deno.test("AuditLog takes the events of two processes at a time", async () => {
  using folder = new AuditFolder();
  const logs = [
    folder.open({ fileSize: 3_000 }),
    folder.open({ fileSize: 3_000 }),
  ];
  for (const number of range(60)) logs[number % 2]!.record(numbered(number));
  const numbers = await numbersOf(logs[0]!);
  deepEqual(numbers.toSorted((a, b) => Number(a) - Number(b)), range(60));
  for (const name of folder.files()) ok(folder.read(name).length <= 3_000);
});

Deno.test("AuditLog keeps its order when the clock is set back", async () => {
  using folder = new AuditFolder();
  const clock = new FakeClock();
  const log = folder.open({ clock, fileSize: 1_000 });
  for (const number of range(5)) log.record(numbered(number));
  clock.setWall(Date.parse("2020-01-01T00:00:00Z"));
  for (const number of range(5, 5)) log.record(numbered(number));
  using later = folder.open({ clock, fileSize: 1_000 });
  for (const number of range(5, 10)) later.record(numbered(number));
  deepEqual(await numbersOf(later), range(15));
});

Deno.test("AuditLog keeps events in memory when they can't be written, and tries again", async () => {
  using folder = new AuditFolder();
  const clock = new FakeClock();
  // A file where the folder is to be.
  Deno.writeTextFileSync(folder.path, "");
  const log = folder.open({ clock });
  for (const number of range(3)) log.record(numbered(number));
  equal(log.lost, 0);
  Deno.removeSync(folder.path);
  clock.pass(5_000);
  deepEqual(await numbersOf(log), [0, 1, 2]);
  equal(log.lost, 0);
});

Deno.test("AuditLog counts what is lost when too much can't be written", async () => {
  using folder = new AuditFolder();
  Deno.writeTextFileSync(folder.path, "");
  const log = folder.open({ clock: new FakeClock() });
  for (const number of range(1_010)) log.record(numbered(number));
  equal(log.lost, 10);
  Deno.removeSync(folder.path);
  log.record(numbered(1_010));
  equal(log.lost, 11);
  deepEqual((await numbersOf(log))[0], 11);
});

Deno.test("AuditLog.dispose() tells what was only counted", async () => {
  using folder = new AuditFolder();
  {
    using log = folder.open({ clock: new FakeClock() });
    for (const number of range(20)) {
      log.record(numbered(number, { result: "refused" }));
    }
  }
  const events = await eventsOf(folder.open());
  equal(events.reduce((sum, { repeated }) => sum + repeated, 0), 20);
  equal(events.length, 6);
});

Deno.test("AuditLog arms no timer when something comes after it was disposed", () => {
  using folder = new AuditFolder();
  const clock = new FakeClock();
  const log = folder.open({ clock });
  log[Symbol.dispose]();
  log.configure({ keep: 1_000 });
  for (let count = 0; count < 10; count++) {
    log.record(numbered(count, { result: "refused" }));
  }
  equal(clock.armed, 0);
});
