/** A small program, built as `./worker` is, that says what it was started with. */
const PROGRAM = `
const [first, second] = Deno.args;
if (first === "--exit") Deno.exit(Number(second));
if (first === "--wait") {
  console.log(Deno.pid);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}
const { VERSION } = await import("VERSION_MODULE");
console.log(JSON.stringify({
  args: Deno.args,
  env: Deno.env.toObject(),
  stdin: await new Response(Deno.stdin.readable).text(),
  version: VERSION,
}));
`;

const CHECKOUT = new URL("../..", import.meta.url).pathname;

/** What the small program prints. */
export interface Said {
  args: string[];
  env: Record<string, string>;
  stdin: string;
  version: string;
}

export interface RunOptions {
  command?: string;
  cwd?: string;
  env?: Record<string, string>;
  stdin?: string;
}

export interface Sample extends Disposable {
  path: string;
  /** A fresh cache folder to run it with. */
  cache(): SampleCache;
  /** Builds it once more from the same source, into another file; its path. */
  again(): Promise<string>;
}

export interface SampleCache extends Disposable {
  folder: string;
  env: Record<string, string>;
  run(
    args: string[],
    options?: RunOptions,
  ): Promise<{ code: number; stderr: string; json: Said }>;
  /** Names in the folder where it unpacks. */
  entries(): string[];
  /** The name of the folder that has the runtime. */
  runtime(): string;
}

/** Builds it, self-extracting, in a temporary folder that goes with the result. */
export async function buildSample(): Promise<Sample> {
  const folder = await Deno.makeTempDir({ prefix: "worker-build-" });
  const entry = `${folder}/main.ts`;
  const path = `${folder}/sample`;
  await Deno.writeTextFile(
    entry,
    PROGRAM.replace("VERSION_MODULE", `${CHECKOUT}lib/version.ts`),
  );
  await build(entry, path);
  return {
    path,
    cache: () => sampleCache(path),
    async again() {
      await build(entry, `${path}-again`);
      return `${path}-again`;
    },
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

async function build(entry: string, output: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-all",
      `${CHECKOUT}scripts/build.ts`,
      "--self-extracting",
      `--entry=${entry}`,
      `--output=${output}`,
      `--build-dir=${output}.build`,
    ],
    stdout: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

function sampleCache(path: string): SampleCache {
  const folder = Deno.makeTempDirSync({ prefix: "worker-cache-" });
  const env = { XDG_CACHE_HOME: folder };
  const entries = () => {
    const names = Array.from(Deno.readDirSync(`${folder}/worker`));
    return names.map(({ name }) => name).sort();
  };
  return {
    folder,
    env,
    entries,
    runtime: () =>
      entries().find((name) => exists(`${folder}/worker/${name}/worker`))!,
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
    async run(args, options = {}) {
      const child = new Deno.Command(options.command ?? path, {
        args,
        env: { ...env, ...options.env },
        ...options.cwd ? { cwd: options.cwd } : {},
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const stdin = new Response(options.stdin ?? "").body!;
      // A program that ends early closes its standard input; its exit code says why.
      const sent = stdin.pipeTo(child.stdin).catch(() => {});
      const { code, stdout, stderr } = await child.output();
      await sent;
      const said = new TextDecoder().decode(stdout);
      return {
        code,
        stderr: new TextDecoder().decode(stderr),
        json: (said.startsWith("{") ? JSON.parse(said) : {}) as Said,
      };
    },
  };
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
