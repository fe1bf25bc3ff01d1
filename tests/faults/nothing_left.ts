import { basename, join } from "node:path";
import { cgroupName } from "../../lib/jobhost/host_paths.ts";
import { readRecord } from "../../lib/jobs/job_record.ts";
import { JOB_ID_VARIABLE } from "../../lib/jobs/process_tree.ts";
import { childrenOf, readArgv, snapshot } from "../../lib/jobs/proc.ts";
import type { Server } from "./server.ts";

/** What is in `run/` of a server that runs; `<pid>` is the job host's. */
const RUN_FILES =
  /^(?:address|admin\.sock|executable|worker\.pid|jobhost\.(?:pid|log|log\.old))$/;

/** What is left of jobs that have all ended, one a line; empty when nothing is. */
export function leftOvers(server: Server, ids: readonly string[]): string[] {
  const { stateDir } = server.worker;
  return [
    ...processes(server, new Set(ids)),
    ...cgroups(cgroupName(stateDir)),
    ...files(stateDir, ids),
    ...runFiles(stateDir, server.jobHostPid),
  ];
}

/** By what they inherited, and by descent from a job host. */
function processes(server: Server, ids: ReadonlySet<string>): string[] {
  const left: string[] = [];
  for (const { pid, state } of snapshot().values()) {
    if (state === "Z") continue;
    let environment: string;
    try {
      environment = Deno.readTextFileSync(`/proc/${pid}/environ`);
    } catch {
      continue;
    }
    const id = environment.split("\0")
      .find((each) => each.startsWith(`${JOB_ID_VARIABLE}=`))?.split("=")[1];
    if (id !== undefined && ids.has(id)) left.push(describe(pid, `job ${id}`));
  }
  for (const pid of childrenOf(server.jobHostPid)) {
    left.push(describe(pid, "the job host"));
  }
  return left;
}

function describe(pid: number, of: string): string {
  return `process ${pid} of ${of}: ${readArgv(pid).join(" ")}`;
}

/** Cgroups of jobs below the server's, wherever that is. */
function cgroups(name: string): string[] {
  const left: string[] = [];
  const visit = (folder: string, ours: boolean) => {
    for (const entry of entries(folder)) {
      if (!entry.isDirectory) continue;
      const path = join(folder, entry.name);
      if (ours && entry.name.startsWith("job-")) left.push(`cgroup ${path}`);
      visit(path, ours || entry.name === name);
    }
  };
  visit("/sys/fs/cgroup", false);
  return left;
}

function entries(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    return [];
  }
}

/** Every folder of a job is one that is known, with a record that can be read. */
function files(stateDir: string, ids: readonly string[]): string[] {
  const left: string[] = [];
  for (const { name } of Deno.readDirSync(join(stateDir, "jobs"))) {
    const folder = join(stateDir, "jobs", name);
    if (!ids.includes(name)) left.push(`${folder}: nobody knows this job`);
    else {
      const problem = problemOfFolder(folder);
      if (problem !== null) left.push(`${folder}: ${problem}`);
    }
    for (const { name: file } of Deno.readDirSync(folder)) {
      if (file !== "job.json" && file !== "output") {
        left.push(join(folder, file));
      }
    }
  }
  return left;
}

function runFiles(stateDir: string, jobHost: number): string[] {
  const own = ["jobs.sock", `jobs.${jobHost}.sock`];
  return [...Deno.readDirSync(join(stateDir, "run"))]
    .map(({ name }) => join(stateDir, "run", name))
    .filter((path) => !RUN_FILES.test(basename(path)))
    .filter((path) => !own.includes(basename(path)));
}

function problemOfFolder(folder: string): string | null {
  try {
    const { id } = readRecord(folder).job;
    return id === basename(folder) ? null : `holds job "${id}"`;
  } catch (error) {
    return `no readable record: ${(error as Error).message}`;
  }
}
