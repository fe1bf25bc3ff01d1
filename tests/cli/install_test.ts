/** `worker install` into a folder that stands for the host. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import {
  compareVersions,
  examineInstalled,
} from "../../cli/install/executable.ts";
import { layoutOf } from "../../cli/install/layout.ts";
import { serviceUnit, socketUnit } from "../../cli/install/units.ts";
import { runCommand } from "../helpers/command.ts";
import { WORKER_SOURCES } from "../helpers/worker.ts";

const DIST = new URL("../../dist/", import.meta.url);

/** A folder for a system, and the program that is to be in it. */
async function staging() {
  const folder = await Deno.makeTempDir({ prefix: "worker-install-" });
  const program = `${folder}/program`;
  await Deno.writeTextFile(program, "#!/bin/sh\necho worker 9.9.9\n");
  const root = `${folder}/root`;
  const run = (command: string, ...args: string[]) =>
    runCommand([...WORKER_SOURCES, command, "--root", root, ...args]);
  return {
    root,
    program,
    run,
    install: (...args: string[]) =>
      run("install", "--executable", program, ...args),
    files: () => filesBelow(root),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function filesBelow(folder: string, at = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(folder, at))) {
    const path = `${at}/${name}`;
    found.push(...isDirectory ? await filesBelow(folder, path) : [path]);
  }
  return found.sort();
}

const modeOf = async (path: string) => (await Deno.stat(path)).mode! & 0o7777;

Deno.test("worker install puts everything below --root, with its modes", async () => {
  await using host = await staging();
  const { code, stdout, stderr } = await host.install();
  deepEqual([code, stderr], [0, ""]);
  const files = await host.files();
  for (
    const path of [
      "/usr/local/bin/worker",
      "/usr/local/lib/systemd/system/worker.service",
      "/usr/local/lib/systemd/system/worker.socket",
      "/usr/local/share/man/man1/worker-run.1",
      "/usr/local/share/bash-completion/completions/worker",
      "/usr/local/share/zsh/site-functions/_worker",
      "/usr/local/share/fish/vendor_completions.d/worker.fish",
      "/etc/worker/worker.yaml",
    ]
  ) {
    ok(files.includes(path), `${path} is missing`);
    ok(stdout.includes(`wrote   ${path}\n`), `${path} was not told`);
  }
  equal(await modeOf(`${host.root}/usr/local/bin/worker`), 0o755);
  equal(await modeOf(`${host.root}/etc/worker/worker.yaml`), 0o644);
  equal(await modeOf(`${host.root}/var/lib/worker`), 0o700);
  match(
    await Deno.readTextFile(`${host.root}/etc/worker/worker.yaml`),
    /^run-as: worker$/m,
  );
});

Deno.test("worker install changes only what is not up to date", async () => {
  await using host = await staging();
  await host.install();
  const settings = `${host.root}/etc/worker/worker.yaml`;
  await Deno.writeTextFile(settings, "max-jobs: 3\n");
  const page = `${host.root}/usr/local/share/man/man1/worker.1`;
  await Deno.writeTextFile(page, "something else\n");
  const { stdout } = await host.install();
  const did = stdout.trimEnd().split("\n").filter((line) =>
    !line.startsWith("kept")
  );
  deepEqual(did, ["wrote   /usr/local/share/man/man1/worker.1"]);
  equal(await Deno.readTextFile(settings), "max-jobs: 3\n");
});

Deno.test("worker install --dry-run changes nothing", async () => {
  await using host = await staging();
  await Deno.mkdir(host.root);
  const { code, stdout } = await host.install("--dry-run");
  equal(code, 0);
  match(stdout, /^would write {2}\/usr\/local\/bin\/worker$/m);
  const lines = stdout.trimEnd().split("\n");
  equal(new Set(lines).size, lines.length, "a step is told twice");
  deepEqual(await host.files(), []);
});

Deno.test("worker install --json tells a step a line", async () => {
  await using host = await staging();
  const { stdout } = await host.install("--json", "--prefix=/usr");
  const steps = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  ok(
    steps.some(({ did, what }) =>
      did === "wrote" && what === "/usr/lib/systemd/system/worker.service"
    ),
  );
});

Deno.test("worker uninstall leaves settings and state unless --purge", async () => {
  await using host = await staging();
  await host.install();
  await Deno.writeTextFile(`${host.root}/var/lib/worker/server.key`, "");
  equal((await host.run("uninstall")).code, 0);
  deepEqual(await host.files(), [
    "/etc/worker/worker.yaml",
    "/var/lib/worker/server.key",
  ]);
  equal((await host.run("uninstall", "--purge")).code, 0);
  deepEqual(await host.files(), []);
});

Deno.test("worker install says what is wrong, and has changed nothing", async () => {
  await using host = await staging();
  await Deno.mkdir(host.root);
  const cases: [string[], RegExp][] = [
    [["--prefix=local"], /--prefix "local" is not an absolute path/],
    [["--prefix=/usr/../etc"], /--prefix "\/usr\/\.\.\/etc"/],
    [["--user=root"], /--user "root"/],
    [["--user=-x"], /--user "-x"/],
    [["--executable=/nowhere"], /given twice/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await host.install(...args);
    equal(code, 2);
    match(stderr, message);
  }
  const { code, stderr } = await host.run("install", "--executable=/nowhere");
  equal(code, 2);
  match(stderr, /executable "\/nowhere"/);
  match((await host.run("install")).stderr, /from its sources/);
  deepEqual(await host.files(), []);
});

Deno.test({
  name: "worker install says that it takes root",
  ignore: Deno.uid() !== 0,
  async fn() {
    const { code, stderr } = await runCommand([
      "setpriv",
      "--reuid=65534",
      "--regid=65534",
      "--clear-groups",
      ...WORKER_SOURCES,
      "install",
    ], { env: { DENO_DIR: Deno.env.get("DENO_DIR") ?? "", HOME: "/tmp" } });
    equal(code, 126);
    match(stderr, /user 65534: run this as root/);
  },
});

Deno.test("compareVersions() orders versions, not builds", () => {
  equal(Math.sign(compareVersions("0.10.0", "0.9.9")), 1);
  equal(Math.sign(compareVersions("0.1.0", "1.0.0")), -1);
  equal(compareVersions("0.1.0+abc", "0.1.0+def.dirty"), 0);
});

Deno.test("dist/ has the units as `worker install` writes them", async () => {
  const again =
    "write them again: worker install --root DIR, and copy them from there";
  equal(
    await Deno.readTextFile(new URL("worker.service", DIST)),
    serviceUnit(layoutOf("/usr/local")),
    again,
  );
  equal(
    await Deno.readTextFile(new URL("worker.socket", DIST)),
    socketUnit(),
    again,
  );
});

Deno.test("examineInstalled() refuses what is newer or another program, unless it is forced", async () => {
  const folder = await Deno.makeTempDir({ prefix: "worker-install-" });
  const program = async (name: string, says: string) => {
    const path = `${folder}/${name}`;
    await Deno.writeTextFile(path, `#!/bin/sh\necho '${says}'\n`);
    await Deno.chmod(path, 0o755);
    return path;
  };
  const examine = async (there: string, source: string, force = false) =>
    await examineInstalled(there, {
      ...{ source, force },
      bytes: await Deno.readFile(source),
    });
  try {
    const older = await program("older", `{"version":"1.9.0"}`);
    const newer = await program("newer", `{"version":"1.10.0"}`);
    const other = await program("other", "something");
    deepEqual(await examine(`${folder}/none`, newer), { kind: "nothing" });
    deepEqual(await examine(newer, newer), { kind: "same" });
    deepEqual(await examine(older, newer), { kind: "other", version: "1.9.0" });
    await rejects(examine(newer, older), /"1.9.0" over the newer "1.10.0"/);
    await rejects(examine(other, newer), /what is there is not worker/);
    await rejects(examine(older, other), /"something"/);
    deepEqual(await examine(other, newer, true), {
      kind: "other",
      version: "unknown",
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
