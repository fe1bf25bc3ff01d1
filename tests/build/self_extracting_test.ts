import { deepEqual, equal, match } from "node:assert/strict";
import { buildSample, type Sample } from "./sample_program.ts";

// Built once for all tests of this file; each test has a cache of its own.
const sample: Sample = await buildSample();
globalThis.addEventListener("unload", () => sample[Symbol.dispose]());

Deno.test("executable passes arguments, standard input and the exit code on", async () => {
  using cache = sample.cache();
  const args = ["", "two words", "two\nlines", `"quoted"`, "--", "-x", "$HOME"];
  const { code, json } = await cache.run(args, { stdin: "from stdin" });
  equal(code, 0);
  deepEqual(json.args, args);
  equal(json.stdin, "from stdin");
  equal((await cache.run(["--exit", "7"])).code, 7);
});

Deno.test("executable is the program itself when a signal comes", async () => {
  using cache = sample.cache();
  const child = new Deno.Command(sample.path, {
    args: ["--wait"],
    env: cache.env,
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  equal(new TextDecoder().decode(value).trim(), String(child.pid));
  child.kill("SIGTERM");
  equal((await child.status).signal, "SIGTERM");
  await reader.cancel();
});

Deno.test("executable ignores the working directory's configuration", async () => {
  using cache = sample.cache();
  const cwd = `${cache.folder}/cwd`;
  await Deno.mkdir(`${cwd}/node_modules/zod`, { recursive: true });
  const poison = `throw new Error("poisoned")`;
  await Deno.writeTextFile(`${cwd}/deno.json`, `{ "imports": {`);
  await Deno.writeTextFile(`${cwd}/package.json`, `{ "type": "commonjs",`);
  await Deno.writeTextFile(`${cwd}/.env`, `SAMPLE_POISON=1`);
  await Deno.writeTextFile(`${cwd}/main.js`, poison);
  await Deno.writeTextFile(`${cwd}/node_modules/zod/index.js`, poison);
  const { code, stderr, json } = await cache.run([], { cwd });
  deepEqual({ code, stderr }, { code: 0, stderr: "" });
  equal(json.env.SAMPLE_POISON, undefined);
});

Deno.test("executable ignores what steers a Deno of the caller", async () => {
  using cache = sample.cache();
  const env = {
    DENO_DIR: "/nonexistent/deno",
    DENO_V8_FLAGS: "--max-old-space-size=1",
    DENO_CERT: "/nonexistent/ca.pem",
    DENO_TLS_CA_STORE: "nonsense",
    DENO_PERMISSION_BROKER_PATH: "/nonexistent/broker",
    NODE_OPTIONS: "--require /nonexistent/poison.js",
    NODE_TLS_REJECT_UNAUTHORIZED: "0",
    KEPT: "yes",
  };
  const { code, stderr, json } = await cache.run([], { env });
  deepEqual({ code, stderr }, { code: 0, stderr: "" });
  equal(json.env.KEPT, "yes");
  const kept = Object.keys(env).filter((name) => json.env[name] !== undefined);
  deepEqual(kept.sort(), ["DENO_DIR", "KEPT"]);
  match(json.env.DENO_DIR!, new RegExp(`^${cache.folder}/`));
});

Deno.test("executable tells the program its own absolute path", async () => {
  using cache = sample.cache();
  const folder = sample.path.slice(0, sample.path.lastIndexOf("/"));
  const name = sample.path.slice(folder.length + 1);
  for (
    const [command, options] of [
      [sample.path, {}],
      [`./${name}`, { cwd: folder }],
      [name, { env: { PATH: `${folder}:/usr/bin:/bin` } }],
    ] as const
  ) {
    const { json } = await cache.run([], { command, ...options });
    const stated = Deno.realPathSync(json.env.WORKER_EXECUTABLE!);
    equal(stated, Deno.realPathSync(sample.path), command);
  }
});

Deno.test("executable unpacks once, for its user only", async () => {
  using cache = sample.cache();
  equal((await cache.run([])).code, 0);
  const folders = cache.entries();
  equal(folders.length, 2);
  for (const name of ["", ...folders]) {
    const { mode } = Deno.statSync(`${cache.folder}/worker/${name}`);
    equal(mode! & 0o077, 0, name);
  }
  const runtime = `${cache.folder}/worker/${cache.runtime()}/worker`;
  const before = Deno.statSync(runtime).ino;
  equal((await cache.run([])).code, 0);
  equal(Deno.statSync(runtime).ino, before);
});

Deno.test("executable starts when several first starts come at once", async () => {
  using cache = sample.cache();
  const starts = await Promise.all(
    Array.from({ length: 4 }, () => cache.run([])),
  );
  deepEqual(starts.map(({ code, stderr }) => ({ code, stderr })), [
    { code: 0, stderr: "" },
    { code: 0, stderr: "" },
    { code: 0, stderr: "" },
    { code: 0, stderr: "" },
  ]);
  equal(cache.entries().length, 2);
});

Deno.test("executable unpacks again when its folder lost a file", async () => {
  using cache = sample.cache();
  equal((await cache.run([])).code, 0);
  await Deno.truncate(`${cache.folder}/worker/${cache.runtime()}/worker`);
  const { code, stderr } = await cache.run([]);
  deepEqual({ code, stderr }, { code: 0, stderr: "" });
  equal(cache.entries().length, 2);
});

Deno.test("executable refuses a cache folder when others may write to it", async () => {
  using cache = sample.cache();
  await Deno.mkdir(`${cache.folder}/worker`);
  await Deno.chmod(`${cache.folder}/worker`, 0o777);
  const { code, stderr } = await cache.run([]);
  equal(code, 255);
  match(stderr, /^worker: ".*\/worker" is writable by others.*chmod go-w.*\n$/);
  deepEqual(cache.entries(), []);
});

Deno.test({
  name: "executable refuses a cache folder when it belongs to somebody else",
  ignore: Deno.uid() !== 0,
  async fn() {
    using cache = sample.cache();
    await Deno.mkdir(`${cache.folder}/worker`, { mode: 0o700 });
    await Deno.chown(`${cache.folder}/worker`, 65534, 65534);
    const { code, stderr } = await cache.run([]);
    equal(code, 255);
    match(stderr, /^worker: ".*\/worker" belongs to somebody else: .*\n$/);
    deepEqual(cache.entries(), []);
  },
});

Deno.test("executable says so in one line when it is damaged or cut", async () => {
  using cache = sample.cache();
  const copy = `${cache.folder}/copy`;
  await Deno.copyFile(sample.path, copy);
  await Deno.truncate(copy, 50_000_000);
  const { code, stderr } = await cache.run([], { command: copy });
  equal(code, 255);
  match(stderr, /^worker: ".*\/copy" is damaged: copy it again\n$/);
  deepEqual(cache.entries(), []);
});

const UNSHARE = ["unshare", "--map-root-user", "--mount", "--"];
const canMount = new Deno.Command(UNSHARE[0]!, {
  args: [...UNSHARE.slice(1), "mount", "-t", "tmpfs", "none", "/mnt"],
  stdout: "null",
  stderr: "null",
}).outputSync().success;

Deno.test({
  name:
    "executable says so in one line and leaves nothing when the disk is full",
  ignore: !canMount,
  async fn() {
    using cache = sample.cache();
    const script =
      `mount -t tmpfs -o size=20m,mode=700 none "$0" && { "$1"; code=$?; ls -A "$0/worker" >&2; exit $code; }`;
    const { code, stderr } = await cache.run(
      [...UNSHARE.slice(1), "sh", "-c", script, cache.folder, sample.path],
      { command: UNSHARE[0]! },
    );
    equal(code, 255);
    match(stderr, /^worker: cannot unpack into ".*": tar: .*make room.*\n$/);
  },
});

Deno.test("build gives the same bytes when it is built twice", async () => {
  const paths = [sample.path, await sample.again()];
  const digests = await Promise.all(paths.map(async (path) => {
    const bytes = await Deno.readFile(path);
    return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  }));
  deepEqual(digests[0], digests[1]);
});
