/** How a {@linkcode ClientProcess} is run. */
export interface ClientOptions {
  env: Record<string, string>;
  /** Its standard input; empty by default. */
  input?: Uint8Array<ArrayBuffer>;
  stdout(bytes: Uint8Array): void;
  stderr(bytes: Uint8Array): void;
}

/** A client that runs for long, whose output is taken as it comes. */
export class ClientProcess {
  /** Resolves with its exit code when it has ended and all of its output was taken. */
  readonly ended: Promise<number>;
  readonly #child: Deno.ChildProcess;

  constructor([program, ...args]: readonly string[], options: ClientOptions) {
    this.#child = new Deno.Command(program!, {
      args,
      env: options.env,
      stdin: options.input ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.ended = this.#run(options);
  }

  async #run({ input, stdout, stderr }: ClientOptions): Promise<number> {
    const child = this.#child;
    const take = async (
      stream: ReadableStream<Uint8Array>,
      handle: (bytes: Uint8Array) => void,
    ) => {
      for await (const bytes of stream) handle(bytes);
    };
    const sent = input &&
      new Response(input).body!.pipeTo(child.stdin).catch(() => {});
    await Promise.all([take(child.stdout, stdout), take(child.stderr, stderr)]);
    await sent;
    return (await child.status).code;
  }

  /** Ends it at once, as a laptop does that is closed. */
  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }
}
