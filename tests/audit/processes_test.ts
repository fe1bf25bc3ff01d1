import { deepEqual, equal, ok } from "node:assert/strict";
import { LineReader } from "./line_reader.ts";
import { AuditFolder, eventsOf } from "./audit_folder.ts";

const SCRIPT = new URL("./recorder_process.ts", import.meta.url).pathname;

/** A process that records. */
class Recorder implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: LineReader;

  constructor(
    folder: AuditFolder,
    { name, fileSize, before = [] }: {
      name: string;
      fileSize: number;
      /** Words that go before the command. */
      before?: string[];
    },
  ) {
    const command = [
      ...before,
      ...[Deno.execPath(), "run", "-A", "--no-check", SCRIPT],
      ...[folder.path, name, String(fileSize)],
    ];
    this.#child = new Deno.Command(command[0]!, {
      args: command.slice(1),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#answers = new LineReader(this.#child.stdout);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Has it record so many more. */
  async ask(count: number): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${count}\n`));
  }

  /** The count so far and how many are lost; null when it is dead. */
  async answer(): Promise<{ recorded: number; lost: number } | null> {
    const line = await this.#answers.next();
    if (line === null) return null;
    const [recorded, lost] = line.split(" ").map(Number);
    return { recorded: recorded!, lost: lost! };
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    while (await this.answer() !== null);
    await this.#child.status;
  }
}

/** The numbers that a process has recorded, in the order of the log. */
async function numbersBy(folder: AuditFolder, name: string) {
  return (await eventsOf(folder.open()))
    .filter(({ detail }) => detail.name === name)
    .map(({ detail }) => detail.number as number);
}

const range = (count: number) => Array.from({ length: count }, (_, at) => at);

Deno.test("AuditLog takes each event once when two processes write and rotate at a time", async () => {
  using folder = new AuditFolder();
  {
    await using one = new Recorder(folder, { name: "one", fileSize: 20_000 });
    await using two = new Recorder(folder, { name: "two", fileSize: 20_000 });
    for (let round = 0; round < 20; round++) {
      await Promise.all([one.ask(50), two.ask(50)]);
    }
  }
  for (const name of ["one", "two"]) {
    const numbers = await numbersBy(folder, name);
    deepEqual(numbers.toSorted((a, b) => a - b), range(1_000));
  }
  ok(folder.files().length > 10);
  for (const line of folder.text().split("\n")) if (line) JSON.parse(line);
});

Deno.test("AuditLog has every event that record() returned from when the process is killed", async () => {
  using folder = new AuditFolder();
  const recorder = new Recorder(folder, { name: "dead", fileSize: 50_000 });
  let told = 0;
  for (let round = 0; round < 100; round++) await recorder.ask(100);
  while (told < 1_000) told = (await recorder.answer())!.recorded;
  recorder.kill();
  for (let last; (last = await recorder.answer()) !== null;) {
    told = last.recorded;
  }
  await recorder[Symbol.asyncDispose]();
  const numbers = await numbersBy(folder, "dead");
  ok(numbers.length >= told);
  deepEqual(numbers, range(numbers.length));
});

Deno.test("AuditLog keeps each event once when the disk was full within a line", async () => {
  using folder = new AuditFolder();
  // What a full disk does, a limit on the size of files does too: it takes a part, then nothing.
  const before = ["sh", "-c", 'trap "" XFSZ; exec "$@"', "sh"];
  {
    await using recorder = new Recorder(folder, {
      name: "full",
      fileSize: 1_000_000,
      before: [...before, "prlimit", "--fsize=5000:unlimited"],
    });
    await recorder.ask(30);
    deepEqual(await recorder.answer(), { recorded: 30, lost: 0 });
    equal(folder.text().length, 5_000, "the file is full");
    equal(folder.text().endsWith("\n"), false, "its last line is torn");
    const { success } = await new Deno.Command("prlimit", {
      args: [`--pid=${recorder.pid}`, "--fsize=unlimited"],
    }).output();
    ok(success);
    await recorder.ask(1);
    deepEqual(await recorder.answer(), { recorded: 31, lost: 0 });
  }
  deepEqual(await numbersBy(folder, "full"), range(31));
});
