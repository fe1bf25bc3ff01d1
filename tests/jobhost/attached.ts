/** A daemon's side of job hosts in the test's process; the job hosts are processes of the sources. */
import { join } from "node:path";
import {
  AttachedJobs,
  JobHosts,
  type JobHostsOptions,
  launchHost,
} from "../../lib/jobhost/mod.ts";
import { PidLock } from "../../lib/jobhost/pid_lock.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { WORKER_SOURCES } from "../helpers/worker.ts";

const MAIN = WORKER_SOURCES.at(-1)!;

/** The same program as another build. */
const OTHER_MAIN = new URL("other_build.ts", import.meta.url).pathname;

/** The build that a job host of these words says it is of. */
export const BUILD = `0.0.0-source file://${MAIN}`;
export const OTHER_BUILD = `0.0.0-source file://${OTHER_MAIN}`;

/** A state directory with the job hosts that use it. Disposing it ends and removes all. */
export class HostFolder implements AsyncDisposable {
  readonly #launched: Promise<number>[] = [];

  private constructor(
    readonly root: string,
    readonly stateDir: string,
  ) {}

  /** @param below Where the state directory is, below a temporary one. */
  static async make(below = "."): Promise<HostFolder> {
    const root = await Deno.makeTempDir({ prefix: "worker-jobhost-" });
    const stateDir = join(root, below);
    await Deno.mkdir(join(stateDir, "run"), { recursive: true });
    return new HostFolder(root, stateDir);
  }

  get run(): string {
    return join(this.stateDir, "run");
  }

  /** Attaches to the job host, started when it is missing. */
  attach(options: Partial<JobHostsOptions> = {}): Promise<JobHosts> {
    const { stateDir } = this;
    return JobHosts.open({
      stateDir,
      settings: {},
      build: BUILD,
      launch: () => this.launch(MAIN),
      ...options,
    });
  }

  /** Its jobs, as the daemon sees them. */
  async jobs(options: Partial<JobHostsOptions> = {}): Promise<AttachedJobs> {
    return new AttachedJobs(
      await this.attach(options),
      join(this.stateDir, "jobs"),
    );
  }

  /** As a daemon of another build attaches. */
  otherBuild(): Partial<JobHostsOptions> {
    return { build: OTHER_BUILD, launch: () => this.launch(OTHER_MAIN) };
  }

  launch(main: string): Promise<number> {
    const { stateDir } = this;
    const command = [...WORKER_SOURCES.slice(0, -1), main];
    const launched = launchHost({ stateDir, command });
    this.#launched.push(launched);
    return launched;
  }

  /** The job host that takes new jobs. */
  get pid(): number | null {
    const path = join(this.run, "jobhost.pid");
    return PidLock.isHeld(path) ? PidLock.pidIn(path) : null;
  }

  log(): Promise<string> {
    return Deno.readTextFile(join(this.run, "jobhost.log"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { name } of Deno.readDirSync(this.run)) {
      const pid = Number(/^jobs\.(\d+)\.sock$/.exec(name)?.[1]);
      if (pid > 0 && isOurs(pid, this.stateDir)) Deno.kill(pid, "SIGTERM");
    }
    await Promise.all(this.#launched);
    await waitFor("the job host to end", () => this.pid === null);
    await Deno.remove(this.root, { recursive: true });
  }
}

/** A pid in a name of a file may be another process's by now. */
function isOurs(pid: number, stateDir: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(stateDir);
  } catch {
    return false;
  }
}
