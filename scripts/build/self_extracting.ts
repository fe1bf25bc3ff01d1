import { createHash } from "node:crypto";
import { FOREIGN_VARIABLES } from "./foreign_variables.ts";
import { run } from "./run.ts";
import { RUNTIME_FLAGS } from "./runtime_flags.ts";

/** What goes into one file, and where that file goes. */
export interface SelfExtractingOptions {
  /** The Deno executable; it is named `worker` in what is unpacked, which is what `ps` shows. */
  deno: string;
  /** A folder with `main.js` and its chunks. */
  program: string;
  version: string;
  output: string;
  /** A folder for what is made on the way. */
  scratch: string;
}

/** A part of the file after the header, to be unpacked into a folder named for its digest. */
interface Archive {
  path: string;
  bytes: number;
  sha256: string;
  /** The name of the folder: the first half of the digest. */
  name: string;
}

/**
 * Writes an executable file of a shell header (`header.sh`) and two archives, the runtime and the
 * program: a new program beside the same runtime takes little room in a user's cache.
 * The same inputs give the same bytes.
 */
export async function writeSelfExtracting(
  options: SelfExtractingOptions,
): Promise<void> {
  const runtimeDir = `${options.scratch}/runtime`;
  await Deno.mkdir(runtimeDir, { recursive: true });
  await Deno.copyFile(options.deno, `${runtimeDir}/worker`);
  await Deno.chmod(`${runtimeDir}/worker`, 0o755);
  const runtime = await archive(runtimeDir, `${options.scratch}/runtime.tar`);
  const program = await archive(
    options.program,
    `${options.scratch}/program.tar`,
  );

  const template = await Deno.readTextFile(
    new URL("header.sh", import.meta.url),
  );
  const header = fillHeader(template, {
    runtime,
    program,
    version: options.version,
  });

  const partial = `${options.output}.partial`;
  await Deno.writeTextFile(partial, header, { mode: 0o755 });
  for (const { path } of [runtime, program]) {
    await using source = disposable(await Deno.open(path));
    await using target = disposable(
      await Deno.open(partial, { append: true }),
    );
    await source.file.readable.pipeTo(target.file.writable);
  }
  await Deno.chmod(partial, 0o755);
  await Deno.rename(partial, options.output);
}

function disposable(file: Deno.FsFile) {
  return {
    file,
    [Symbol.asyncDispose]: () => {
      try {
        file.close();
      } catch {
        // The stream that was piped has closed it.
      }
      return Promise.resolve();
    },
  };
}

async function archive(folder: string, path: string): Promise<Archive> {
  await run([
    "tar",
    "--create",
    "--format=ustar",
    "--sort=name",
    "--mtime=@0",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mode=u=rwX,go=",
    `--file=${path}`,
    `--directory=${folder}`,
    ...Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(),
  ]);
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const piece of file.readable) hash.update(piece);
  const sha256 = hash.digest("hex");
  const { size: bytes } = await Deno.stat(path);
  return { path, bytes, sha256, name: sha256.slice(0, 32) };
}

/** The header says where the archives begin, which depends on how long the header is. */
function fillHeader(
  template: string,
  options: { runtime: Archive; program: Archive; version: string },
): string {
  const { runtime, program, version } = options;
  const fill = (headerBytes: number) => {
    const values: Record<string, string> = {
      VERSION: version,
      ARCH: Deno.build.arch,
      FLAGS: RUNTIME_FLAGS.join(" "),
      FOREIGN: FOREIGN_VARIABLES.join(" "),
      RUNTIME: runtime.name,
      RUNTIME_SHA256: runtime.sha256,
      RUNTIME_BYTES: String(runtime.bytes),
      RUNTIME_AT: String(headerBytes + 1),
      PROGRAM: program.name,
      PROGRAM_SHA256: program.sha256,
      PROGRAM_BYTES: String(program.bytes),
      PROGRAM_AT: String(headerBytes + runtime.bytes + 1),
    };
    return template.replace(/@([A-Z0-9_]+)@/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) {
        throw new Error(`header.sh has an unknown "@${name}@"`);
      }
      return value;
    });
  };
  let header = fill(0);
  while (fill(header.length) !== header) header = fill(header.length);
  return header;
}
