/** Where the lab puts the bundled program; nowhere on a host that is not the lab's guest. */
const PROGRAM = Deno.env.get("WORKER_VM_PROGRAM");

/** As it is for the tests themselves; a service gets no environment of theirs. */
const V8 = `--v8-flags=${Deno.env.get("DENO_V8_FLAGS") ?? ""}`;

/** Whether this is the guest of the lab, which may be changed at will, and has the program. */
export const isGuest = PROGRAM !== undefined;

/**
 * Makes an executable at `path` that starts the bundled program as a self-extracting one does when
 * it has unpacked itself: a file to install and to upgrade to, and folders that are named for it.
 *
 * @param build Two of different names are two builds.
 */
export async function makeExecutable(
  path: string,
  build: string,
): Promise<void> {
  if (PROGRAM === undefined) throw new Error("WORKER_VM_PROGRAM is not set");
  const [runtime, program] = ["runtime", build].map((name) =>
    `/var/cache/worker/${name}`
  ) as [string, string];
  await Deno.mkdir(runtime, { recursive: true });
  await Deno.mkdir(program);
  try {
    await Deno.link(Deno.execPath(), `${runtime}/worker`);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
  for await (const { name } of Deno.readDir(PROGRAM)) {
    await Deno.link(`${PROGRAM}/${name}`, `${program}/${name}`);
  }
  await Deno.writeTextFile(
    path,
    `#!/bin/sh
export WORKER_EXECUTABLE="$0" DENO_DIR=${program}/deno
exec ${runtime}/worker run -A --no-config --no-lock --no-npm --no-remote --cached-only \\
  --unstable-lazy-dynamic-imports ${V8} ${program}/main.js "$@"
`,
    { mode: 0o755 },
  );
}

/** As {@linkcode makeExecutable} in the guest; elsewhere the program that is made runs the sources. */
export async function makeProgram(path: string, build: string): Promise<void> {
  if (isGuest) return await makeExecutable(path, build);
  const main = new URL("../../../main.ts", import.meta.url).pathname;
  const run = "run --quiet --no-check --cached-only --allow-all";
  const script = `#!/bin/sh\nexec ${Deno.execPath()} ${run} ${main} "$@"\n`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
}
