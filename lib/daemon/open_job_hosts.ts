import type { ServeConfig } from "../config/serve_config.ts";
import { join } from "node:path";
import {
  AttachedJobs,
  JobHosts,
  launchHost,
  ownCommand,
} from "../jobhost/mod.ts";
import type { HostSettings } from "../jobhost/host_api.ts";
import { logArguments } from "../config/log_levels.ts";

/** What the job host of a server is to be told. */
export function hostSettings(config: ServeConfig): HostSettings {
  const { outputCap, maxAge, maxJobs, outputTotal, reserve, name } = config;
  const shutdownGrace = config.shutdownTimeout;
  return {
    outputCap,
    maxAge,
    maxJobs,
    outputTotal,
    reserve,
    shutdownGrace,
    node: name,
  };
}

/** The jobs of a node: the processes that own them, and what the daemon shows of them. */
export interface OwnJobs {
  readonly hosts: JobHosts;
  readonly jobs: AttachedJobs;
}

/** The jobs of this host; null when it has not the role of a node. See {@linkcode openJobHosts}. */
export function openJobs(
  config: ServeConfig,
  mayStart: Promise<unknown>,
): OwnJobs | null {
  if (!config.roles.includes("node")) return null;
  const hosts = openJobHosts(config, mayStart);
  const jobs = new AttachedJobs(hosts, join(config.stateDir, "jobs"));
  return { hosts, jobs };
}

/**
 * Finds the process that owns the jobs, or starts it once `mayStart` has resolved: that is, when
 * nothing else can go wrong, because it would be left behind.
 */
function openJobHosts(
  config: ServeConfig,
  mayStart: Promise<unknown>,
): JobHosts {
  const { stateDir } = config;
  const command = ownCommand();
  const args = logArguments(config.log);
  return JobHosts.begin({
    stateDir,
    settings: hostSettings(config),
    // A kept daemon could start none that owns jobs of root.
    launch: config.kept ? null : async () => {
      await mayStart;
      return await launchHost({ stateDir, command, args });
    },
  });
}
