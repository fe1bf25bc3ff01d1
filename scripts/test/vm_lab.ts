import { dirname } from "node:path";
import { bundle } from "../build/bundle.ts";
import { countJunit } from "./deno_tests.ts";
import { type PartResult, runTool } from "./part.ts";

/** What the guest gets of the checkout. */
const SOURCES = [
  "deno.json",
  "deno.lock",
  "cli",
  "lib",
  "tests",
  "certs",
  "main.ts",
  "mod.ts",
];
/** Boot and tests; the guest is some ten times slower than this host, which may be busy. */
const TIMEOUT_S = 1080;
const DISK_MIB = 64;
const SYSTEMD = "/usr/lib/systemd";
/** What `worker install` calls; the guest has busybox for all else. */
const INSTALLERS = ["useradd", "userdel", "getent"];
/** The bundled program, which starts faster than its sources, and can be installed and upgraded. */
const PROGRAM = "build/vm-program";

/** vm-lab, which runs a command in a throw-away Linux with cgroup v2; or why it can't. */
export type Lab =
  | { kind: "found"; path: string }
  | { kind: "none"; missing: string };

/** Looks at `$WORKER_VM_LAB` and beside the checkout; as root installs the packages that it needs. */
export async function findLab(): Promise<Lab> {
  const path = Deno.env.get("WORKER_VM_LAB") ??
    await Deno.realPath(".") + "/../shared/vm-lab/vm-lab";
  if (!exists(path)) {
    return {
      kind: "none",
      missing: `there is no "${path}": set WORKER_VM_LAB`,
    };
  }
  const root = Deno.uid() === 0;
  const probe = root ? ["--install"] : ["--", "true"];
  let installed = await runLab(path, probe);
  if (!installed.success && root) {
    // The lists of packages may never have been fetched.
    await runTool(["apt-get", "update"]);
    installed = await runLab(path, probe);
  }
  if (installed.success) return { kind: "found", path };
  const reason = installed.stderr.trim().split("\n").at(-1);
  return { kind: "none", missing: `"${path}" fails: ${reason}` };
}

/** Runs the tests of these folders in the guest; those in `systemd/` below a real systemd. */
export async function testInLab(
  path: string,
  folders: string[],
): Promise<PartResult> {
  const checkout = await Deno.realPath(".");
  const { denoDir } = JSON.parse(
    (await runTool([Deno.execPath(), "info", "--json"])).output,
  );
  await bundle("main.ts", {
    outdir: PROGRAM,
    version: "0.0.0+vm",
    deno: Deno.execPath(),
  });
  const npmrc = `${Deno.env.get("HOME")}/.npmrc`;
  const registry = Deno.env.get("NPM_CONFIG_REGISTRY");
  const { success, stdout, stderr } = await runLab(path, [
    "--timeout",
    String(TIMEOUT_S),
    "--disk",
    String(DISK_MIB),
    ...SOURCES.filter((each) => exists(each))
      .flatMap((each) => ["--add", `${checkout}/${each}:/app/${each}`]),
    "--add",
    `${checkout}/scripts/test/vm_guest.sh:/app/vm_guest.sh`,
    "--add",
    `${denoDir}/npm:/root/.cache/deno/npm`,
    ...exists(npmrc) ? ["--add", `${npmrc}:/root/.npmrc`] : [],
    "--add",
    `${checkout}/${PROGRAM}:/app/program`,
    ...systemdFiles(path),
    "--",
    "env",
    ...registry ? [`NPM_CONFIG_REGISTRY=${registry}`] : [],
    "sh",
    "/app/vm_guest.sh",
    ...folders,
  ]);
  const counts = countJunit(stdout);
  if (
    counts.passed + counts.failed === 0 || (!success && counts.failed === 0)
  ) {
    counts.failed++;
  }
  return { ...counts, output: stderr };
}

/** Without systemd on this host the guest has none, and its tests are skipped there. */
function systemdFiles(lab: string): string[] {
  const programs = [`${SYSTEMD}/systemd`, `${SYSTEMD}/systemd-shutdown`]
    .concat(
      exists(`${SYSTEMD}/systemd-executor`)
        ? `${SYSTEMD}/systemd-executor`
        : [],
    )
    .concat("/usr/bin/systemctl", "/usr/bin/systemd-run");
  const under = `${dirname(lab)}/under-systemd`;
  if (![...programs, under].every(exists)) return [];
  return [
    ...programs.concat(INSTALLERS).flatMap((program) => ["--bin", program]),
    "--add",
    `${under}:/usr/bin/under-systemd`,
  ];
}

async function runLab(
  path: string,
  args: string[],
): Promise<{ success: boolean; stdout: string; stderr: string }> {
  // The `deno` on its PATH is what the guest gets.
  const tools = `${await Deno.realPath(".")}/.tools`;
  const { success, stdout, stderr } = await new Deno.Command(path, {
    args,
    env: { PATH: `${tools}:${Deno.env.get("PATH")}` },
  }).output();
  const [out, err] = [stdout, stderr].map((each) =>
    new TextDecoder().decode(each)
  );
  return { success, stdout: out!, stderr: err! };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
