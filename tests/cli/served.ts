const MAIN = new URL("../../main.ts", import.meta.url).pathname;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** A `worker serve` of the sources, in its own process, and a command line that knows it. */
export interface Served extends AsyncDisposable {
  /** The folder of everything: `state` and `config`. */
  dir: string;
  /** Runs the client to its end. */
  worker(args: string[], options?: { stdin?: Uint8Array }): Promise<Outcome>;
  /** Starts the client. */
  spawn(args: string[], options?: Deno.CommandOptions): Deno.ChildProcess;
}

/** Starts a server on a free loopback port; its first start writes the profile. */
export async function serve(): Promise<Served> {
  const dir = await Deno.makeTempDir({ prefix: "worker-cli-" });
  const spawn: Served["spawn"] = (args, options = {}) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", MAIN, ...args],
      env: { XDG_CONFIG_HOME: `${dir}/config`, WORKER_PROFILE: "" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...options,
    }).spawn();
  const flags = ["--state-dir", `${dir}/state`, "--listen", "127.0.0.1:0"];
  const server = spawn(["serve", ...flags], {
    stdout: "null",
    stderr: "piped",
  });
  await untilSaid(server.stderr, /try: worker run/);
  return {
    dir,
    spawn,
    async worker(args, { stdin } = {}) {
      const child = spawn(args, { stdin: stdin ? "piped" : "null" });
      const sent = stdin ? send(child, stdin) : undefined;
      const { code, stdout, stderr } = await child.output();
      await sent;
      const [out, err] = [stdout, stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      );
      return { code, stdout: out!, stderr: err! };
    },
    async [Symbol.asyncDispose]() {
      server.kill("SIGTERM");
      await server.status;
      await Deno.remove(dir, { recursive: true });
    },
  };
}

async function send(child: Deno.ChildProcess, bytes: Uint8Array) {
  const writer = child.stdin.getWriter();
  await writer.write(bytes as Uint8Array<ArrayBuffer>).catch(() => {});
  await writer.close().catch(() => {});
}

/** How long {@linkcode untilSaid} waits, ms. */
const SAID_WITHIN_MS = 60_000;

/** Reads until the text comes, and on in the background so that the writer never blocks. */
export async function untilSaid(
  stream: ReadableStream<Uint8Array>,
  text: RegExp,
): Promise<void> {
  const reader = stream.pipeThrough(
    new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
  ).getReader();
  let said = "";
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    // Ends the read that is under way.
    void reader.cancel();
  }, SAID_WITHIN_MS);
  try {
    while (!text.test(said)) {
      const { value, done } = await reader.read();
      if (done) {
        const when = late ? ` within ${SAID_WITHIN_MS} ms` : "";
        throw new Error(`"${text}" was not said${when}, but: ${said}`);
      }
      said += value;
    }
  } finally {
    clearTimeout(timer);
  }
  void (async () => {
    while (!(await reader.read()).done);
  })();
}
