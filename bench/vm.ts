import { findLab } from "../scripts/test/vm_lab.ts";

const CHECKOUT = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
/** What the guest gets of the checkout. */
const SOURCES = ["deno.json", "deno.lock", "lib", "tests", "certs", "bench"];
const CONTROLLERS = ["memory", "cpu", "pids", "io"];

/** Where a program that needs cgroup v2 can run. */
export type CgroupPlace =
  | { kind: "here" }
  | { kind: "lab"; path: string }
  | { kind: "none"; reason: string };

/** This host when it has cgroup v2 and we are root, else the virtual machine of the tests. */
export async function findCgroups(): Promise<CgroupPlace> {
  const here = whyNotHere();
  if (here === null) return { kind: "here" };
  const lab = await findLab();
  return lab.kind === "found" ? { kind: "lab", path: lab.path } : {
    kind: "none",
    reason: `on this host: ${here}; in a virtual machine: ${lab.missing}`,
  };
}

function whyNotHere(): string | null {
  if (Deno.uid() !== 0) return "not root";
  try {
    const path = "/sys/fs/cgroup/cgroup.controllers";
    const offered = Deno.readTextFileSync(path).trim().split(" ");
    const missing = CONTROLLERS.filter((each) => !offered.includes(each));
    return missing.length === 0 ? null : `no controller ${missing.join(", ")}`;
  } catch {
    return "no cgroup v2 hierarchy";
  }
}

/** Runs a program of `bench/` on this host; what it printed. */
export function runHere(program: string, args: string[]): Promise<string> {
  return output(Deno.execPath(), [
    ...["run", "--quiet", "--no-check", "--allow-all"],
    ...[`${CHECKOUT}/bench/${program}`, ...args],
  ]);
}

/** Runs a program of `bench/` in the guest; what it printed. */
export async function runInLab(lab: string, program: string): Promise<string> {
  const info = await output(Deno.execPath(), ["info", "--json"]);
  const { denoDir } = JSON.parse(info);
  // Where packages come from is part of their names in the cache.
  const registry = Deno.env.get("NPM_CONFIG_REGISTRY");
  const npmrc = `${Deno.env.get("HOME")}/.npmrc`;
  return await output(lab, [
    ...["--timeout", "300", "--disk", "64"],
    ...SOURCES.flatMap((each) => ["--add", `${CHECKOUT}/${each}:/app/${each}`]),
    ...["--add", `${denoDir}/npm:/root/.cache/deno/npm`],
    ...exists(npmrc) ? ["--add", `${npmrc}:/root/.npmrc`] : [],
    ...["--", "env", "DENO_DIR=/root/.cache/deno"],
    ...registry ? [`NPM_CONFIG_REGISTRY=${registry}`] : [],
    ...["deno", "run", "--quiet", "--no-check", "--cached-only", "--allow-all"],
    `/app/bench/${program}`,
  ]);
}

async function output(program: string, args: string[]): Promise<string> {
  const { success, code, stdout, stderr } = await new Deno.Command(program, {
    args,
    // The `deno` on its PATH is what the guest gets.
    env: { PATH: `${CHECKOUT}/.tools:${Deno.env.get("PATH")}` },
  }).output();
  const [out, said] = [stdout, stderr].map((each) =>
    new TextDecoder().decode(each)
  );
  if (!success) {
    throw new Error(`"${program} ${args.at(-1)}" exited ${code}: ${said}`);
  }
  return out!;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
