import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { WorkerError } from "../../lib/api/errors.ts";
import { copyOutput, watchOutput } from "../../lib/jobs/mod.ts";
import { startInTurns } from "../helpers/in_turns.ts";
import { concat, temporarySupervisor, until } from "../helpers/jobs.ts";

const owner = "alice";

/** What runs a script. */
function shell(script: string) {
  return { command: "sh", args: ["-c", script] };
}

/** Keeps what it is given; takes `most` bytes of each piece. */
class MemoryWriter {
  readonly #pieces: Uint8Array[] = [];
  readonly #most: number;

  constructor(most = Infinity) {
    this.#most = most;
  }

  get text(): string {
    return new TextDecoder().decode(concat(this.#pieces));
  }

  write(bytes: Uint8Array): Promise<number> {
    const taken = bytes.slice(0, this.#most);
    this.#pieces.push(taken);
    return Promise.resolve(taken.length);
  }
}

Deno.test("copyOutput() gives each writer its stream, replayed and followed", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start({
    ...shell("printf before; printf err >&2; read go; printf ' after'"),
    stdin: true,
  }, { owner });
  const [stdout, also, stderr] = [
    new MemoryWriter(),
    new MemoryWriter(),
    new MemoryWriter(),
  ];
  await using copy = copyOutput(given.jobs, job.id, {
    stdout: [stdout, also],
    stderr,
  });
  await until(() => stdout.text === "before" && stderr.text === "err");
  await given.jobs.input(
    job.id,
    ReadableStream.from([new TextEncoder().encode("go\n")]),
  );
  await copy.done;
  deepEqual([stdout.text, also.text, stderr.text], [
    "before after",
    "before after",
    "err",
  ]);
});

Deno.test("copyOutput() keeps the order when one writer takes both streams", async () => {
  await using given = await temporarySupervisor();
  const steps = [1, 2, 3].flatMap((i) => [`echo out${i}`, `echo err${i} >&2`]);
  const { job, done } = await startInTurns(given.jobs, steps, { owner });
  const both = new MemoryWriter();
  await using copy = copyOutput(given.jobs, job.id, {
    stdout: both,
    stderr: both,
  });
  await copy.done;
  equal(both.text, "out1\nerr1\nout2\nerr2\nout3\nerr3\n");
  await done;
});

Deno.test("copyOutput() begins at an offset when it is given one", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start(shell("printf 0123456789"), { owner });
  await given.jobs.get(job.id, { wait: true });
  const stdout = new MemoryWriter();
  await using copy = copyOutput(given.jobs, job.id, { stdout, from: 7 });
  await copy.done;
  equal(stdout.text, "789");
});

Deno.test("copyOutput() writes all of a piece when write() takes little of it", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start(shell("seq 1000"), { owner });
  const [whole, little] = [new MemoryWriter(), new MemoryWriter(7)];
  await using copy = copyOutput(given.jobs, job.id, {
    stdout: [whole, little],
  });
  await copy.done;
  ok(whole.text.endsWith("\n999\n1000\n"));
  equal(little.text, whole.text);
});

for (const count of [0, -1, NaN, 1e9]) {
  Deno.test(`copyOutput() rejects when write() says it took ${count} bytes`, async () => {
    await using given = await temporarySupervisor();
    const job = await given.jobs.start({ command: "seq", args: ["3"] }, {
      owner,
    });
    await using copy = copyOutput(given.jobs, job.id, {
      stdout: { write: () => Promise.resolve(count) },
    });
    await rejects(copy.done, RangeError);
  });
}

Deno.test("copyOutput() writes to streams and leaves them open and unlocked", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start(shell("seq 50000"), { owner });
  // An identity transform keeps the chunks it is given until they are read.
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
    {},
    {},
    { highWaterMark: Infinity },
  );
  await using copy = copyOutput(given.jobs, job.id, { stdout: writable });
  await copy.done;
  equal(writable.locked, false);
  const writer = writable.getWriter();
  await Promise.all([
    writer.write(new TextEncoder().encode("more")),
    writer.close(),
  ]);
  const numbers = Array.from({ length: 50_000 }, (_, index) => index + 1);
  equal(await new Response(readable).text(), numbers.join("\n") + "\nmore");
});

Deno.test("copyOutput() throws and copies nothing when a stream is locked", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start({ command: "seq", args: ["3"] }, {
    owner,
  });
  const free = new WritableStream<Uint8Array>();
  const locked = new WritableStream<Uint8Array>();
  locked.getWriter();
  throws(
    () => copyOutput(given.jobs, job.id, { stdout: free, stderr: locked }),
    TypeError,
  );
  equal(free.locked, false);
});

Deno.test("copyOutput() lets a stuck writer slow nobody else, and unwatch() lets go of it", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start(shell("seq 200000; echo end >&2"), {
    owner,
  });
  const stuck = Promise.withResolvers<void>();
  const [stdout, stderr] = [new MemoryWriter(), new MemoryWriter()];
  const stream = new WritableStream<Uint8Array>({ write: () => stuck.promise });
  await using copy = copyOutput(given.jobs, job.id, {
    stdout: [{ write: () => stuck.promise }, stream, stdout],
    stderr,
  });
  await until(() => stdout.text.endsWith("\n200000\n"));
  await until(() => stderr.text === "end\n");
  await given.jobs.get(job.id, { wait: true });
  await copy.unwatch();
  await copy.done;
  equal(stream.locked, false);
  stuck.resolve();
});

Deno.test("copyOutput() ends the copy of a writer that fails, and no other one", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start({
    ...shell("echo one; read go; echo two"),
    stdin: true,
  }, { owner });
  let calls = 0;
  const failing = {
    write: () => {
      calls++;
      return Promise.reject(new Error("the disk is full"));
    },
  };
  const healthy = new MemoryWriter();
  await using copy = copyOutput(given.jobs, job.id, {
    stdout: [failing, healthy],
  });
  await rejects(copy.done, /the disk is full/);
  await given.jobs.input(
    job.id,
    ReadableStream.from([new TextEncoder().encode("go\n")]),
  );
  await until(() => healthy.text === "one\ntwo\n");
  equal(calls, 1);
});

Deno.test("copyOutput() stops when it is unwatched, and the job goes on", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start(
    shell("while :; do echo x; sleep 0.01; done"),
    { owner },
  );
  const stdout = new MemoryWriter();
  const copy = copyOutput(given.jobs, job.id, { stdout });
  await until(() => stdout.text.length > 0);
  await copy.unwatch();
  await copy.unwatch();
  await copy.done;
  const { length } = stdout.text;
  const { output } = await given.jobs.get(job.id);
  await until(async () =>
    (await given.jobs.get(job.id)).output.end > output.end + 10
  );
  equal(stdout.text.length, length);
  equal((await given.jobs.get(job.id)).state, "running");
});

Deno.test("copyOutput() tells of bytes that are gone", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start({
    command: "seq",
    args: ["100000"],
    limits: { output: "64K" },
  }, { owner });
  const { bytes } = await given.jobs.get(job.id, { wait: true });
  const stdout = new MemoryWriter();
  let gone = 0;
  await using copy = copyOutput(given.jobs, job.id, {
    stdout,
    gap: ({ from, to }) => {
      gone += to - from;
    },
  });
  await copy.done;
  ok(gone > 0);
  equal(stdout.text.length + gone, bytes.stdout);
});

Deno.test("copyOutput() writes no more when unwatched with pieces at hand", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start(
    shell("echo out; echo err >&2; echo out"),
    { owner },
  );
  await given.jobs.get(job.id, { wait: true });
  const stuck = Promise.withResolvers<void>();
  let calls = 0;
  const writer = {
    write: () => {
      calls++;
      return stuck.promise;
    },
  };
  const copy = copyOutput(given.jobs, job.id, {
    stdout: writer,
    stderr: writer,
  });
  await until(() => calls === 1);
  const unwatched = copy.unwatch();
  stuck.resolve();
  await unwatched;
  equal(calls, 1);
});

const UNKNOWN = "01k00000000000000000000000";
const notFound = (error: unknown) =>
  error instanceof WorkerError && error.code === "NOT_FOUND";

Deno.test("copyOutput() rejects done, and only that, when there is no such job", async () => {
  await using given = await temporarySupervisor();
  await using copy = copyOutput(given.jobs, UNKNOWN, {
    stdout: new MemoryWriter(),
  });
  await rejects(copy.done, notFound);
});

Deno.test("watchOutput() rejects done, and only that, when there is no such job", async () => {
  await using given = await temporarySupervisor();
  await using watch = watchOutput(given.jobs, UNKNOWN, {});
  await rejects(watch.done, notFound);
});

Deno.test("watchOutput() gives one stream when it is asked for one", async () => {
  await using given = await temporarySupervisor();
  const job = await given.jobs.start(shell("echo out; echo err >&2"), {
    owner,
  });
  const seen = new MemoryWriter();
  await using watch = watchOutput(given.jobs, job.id, {
    stream: "stderr",
    output: async (piece) => void await seen.write(piece),
  });
  await watch.done;
  equal(seen.text, "err\n");
});
