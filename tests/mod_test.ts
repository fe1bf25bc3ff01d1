/** The library as a user has it: nothing but `mod.ts`, and real processes. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import {
  copyOutput,
  isFinal,
  isInitial,
  isRunning,
  type Job,
  type JobRequest,
  type JobService,
  type JobState,
  JobSupervisor,
  watchOutput,
  WorkerError,
} from "../mod.ts";

const owner = "me";

interface Library extends AsyncDisposable {
  jobs: JobService;
  /** Starts a shell script. */
  shell(script: string, request?: Partial<JobRequest>): Promise<Job>;
}

/** A supervisor in a directory of its own; both are gone when it is disposed. */
async function library(): Promise<Library> {
  const directory = await Deno.makeTempDir({ prefix: "worker-mod-" });
  const jobs = new JobSupervisor({ directory });
  return {
    jobs,
    shell: (script, request = {}) =>
      jobs.start({ command: "sh", args: ["-c", script], ...request }, {
        owner,
      }),
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** The text of a stream, each time it has grown; leaving the loop unwatches it. */
async function* texts(jobs: JobService, id: string): AsyncGenerator<string> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  await using _copy = copyOutput(jobs, id, { stdout: writable });
  let text = "";
  for await (const piece of readable.pipeThrough(new TextDecoderStream())) {
    text += piece;
    yield text;
  }
}

/** Resolves when the job has printed a line that is `wanted`. */
async function printed(
  jobs: JobService,
  id: string,
  wanted: string,
): Promise<void> {
  for await (const text of texts(jobs, id)) {
    if (text.split("\n").slice(0, -1).includes(wanted)) return;
  }
}

/** Options of a wait that is given up at the end of the scope. */
function abortOnDispose(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => controller.abort(),
  };
}

function code(expected: string) {
  return (error: unknown) =>
    error instanceof WorkerError && error.code === expected;
}

Deno.test("start() and get() give a job and its end when it runs out by itself", async () => {
  await using given = await library();
  const started = await given.shell("exit 3", { labels: { tier: "test" } });
  deepEqual(
    [started.state, started.owner, started.labels, started.exit],
    ["running", owner, { tier: "test" }, null],
  );
  const final = await given.jobs.get(started.id, { wait: true });
  deepEqual([final.state, final.exit?.code, final.exit?.reason], [
    "failed",
    3,
    "exited",
  ]);
});

Deno.test("start() rejects with a code when the command does not exist", async () => {
  await using given = await library();
  await rejects(
    given.jobs.start({ command: "no-such-command" }, { owner }),
    code("COMMAND_NOT_FOUND"),
  );
});

Deno.test("stop() ends a job that ignores SIGTERM when the grace is over", async () => {
  await using given = await library();
  const { id } = await given.shell(
    "trap '' TERM; echo ready; while :; do sleep 0.1; done",
  );
  await printed(given.jobs, id, "ready");
  const { state, exit } = await given.jobs.stop(id, { grace: 50 });
  deepEqual([state, exit?.signal, exit?.reason], [
    "stopped",
    "SIGKILL",
    "stopped",
  ]);
});

Deno.test("signal() reaches a job, and is a conflict when it has ended", async () => {
  await using given = await library();
  const { id } = await given.shell(
    "trap 'echo got; exit 7' USR2; echo ready; while :; do sleep 0.05; done",
  );
  await printed(given.jobs, id, "ready");
  await given.jobs.signal(id, "SIGUSR2");
  await printed(given.jobs, id, "got");
  const { exit } = await given.jobs.get(id, { wait: true });
  equal(exit?.code, 7);
  await rejects(given.jobs.signal(id, "SIGUSR2"), code("CONFLICT"));
});

Deno.test("output() is a stream of frames that ends when the job has", async () => {
  await using given = await library();
  const { id } = await given.shell("printf hello");
  await using source = await given.jobs.output(id, { follow: true });
  const buffer = new Uint8Array(1 << 18);
  let text = "";
  while (await source.ready()) {
    text += new TextDecoder("latin1")
      .decode(buffer.subarray(0, source.read(buffer)));
  }
  match(text, /hello[^]*"type":"end"/);
});

Deno.test("watchOutput() replays to a late watcher all that an early one saw", async () => {
  await using given = await library();
  const { id } = await given.shell("echo a; echo b >&2; echo c");
  const watch = async () => {
    let seen = "";
    await using watching = watchOutput(given.jobs, id, {
      output: (piece, { stream }) => {
        seen += `${stream}:${new TextDecoder().decode(piece)}`;
      },
      end: ({ state }) => {
        seen += state;
      },
    });
    await watching.done;
    return seen;
  };
  const early = await watch();
  match(early, /^std(?:out|err):[^]*succeeded$/);
  for (const line of ["a\n", "b\n", "c\n"]) ok(early.includes(line));
  equal(await watch(), early);
});

Deno.test("unwatch() ends one watch; another one and the job go on", async () => {
  await using given = await library();
  const { id } = await given.shell("echo a; read go; echo b", { stdin: true });
  const first = Promise.withResolvers<void>();
  const seen = { one: "", other: "" };
  const watch = (name: keyof typeof seen) =>
    watchOutput(given.jobs, id, {
      output: (piece) => {
        seen[name] += new TextDecoder().decode(piece);
        first.resolve();
      },
    });
  const one = watch("one");
  await first.promise;
  await one.unwatch();
  await using other = watch("other");
  await given.jobs.input(
    id,
    ReadableStream.from([new TextEncoder().encode("go\n")]),
  );
  await other.done;
  await one.done;
  deepEqual(seen, { one: "a\n", other: "a\nb\n" });
});

Deno.test("copyOutput() feeds extra writers of both streams", async () => {
  await using given = await library();
  const { id } = await given.shell("echo out; echo err >&2");
  const path = await Deno.makeTempFile();
  try {
    let stderr = "";
    using file = await Deno.open(path, { write: true });
    await using copy = copyOutput(given.jobs, id, {
      stdout: file,
      stderr: [
        new WritableStream({
          write(chunk) {
            stderr += new TextDecoder().decode(chunk);
          },
        }),
      ],
    });
    await copy.done;
    deepEqual([await Deno.readTextFile(path), stderr], ["out\n", "err\n"]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("list(), watch() and remove() follow jobs by what they are", async () => {
  await using given = await library();
  const { id } = await given.shell("exit 0", { labels: { keep: "no" } });
  const states: JobState[] = [];
  using stop = abortOnDispose();
  const filter = { labels: { keep: "no" } };
  for await (const job of given.jobs.watch(filter, stop)) {
    states.push(job.state);
    if (isFinal(job.state)) break;
  }
  equal(states.at(-1), "succeeded");
  deepEqual((await given.jobs.list({ owner })).map((job) => job.id), [id]);
  await given.jobs.remove(id);
  await rejects(given.jobs.get(id), code("NOT_FOUND"));
});

Deno.test("isInitial(), isRunning() and isFinal() say where a job is in its life", () => {
  const states: JobState[] = [
    "pending",
    "running",
    "stopping",
    "succeeded",
    "failed",
    "stopped",
    "lost",
  ];
  deepEqual(states.filter(isInitial), ["pending"]);
  deepEqual(states.filter(isRunning), ["running", "stopping"]);
  deepEqual(states.filter(isFinal), ["succeeded", "failed", "stopped", "lost"]);
});
