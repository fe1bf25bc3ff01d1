import { resolve } from "node:path";
import type { MemberKind } from "../api/cluster.ts";
import { memberNameProblem } from "../api/member_name.ts";
import type { LogConfig } from "../log.ts";
import type { ListenAddress } from "./parsers.ts";
import type { SettingValues } from "./settings.ts";
import { defaultStateDir, type StateDirSources } from "./state_dir.ts";

/** What `worker serve` was asked for, validated and frozen: inside, these are true. */
export interface ServeConfig {
  /** Absolute. */
  readonly stateDir: string;
  /** Empty on a node that is reached through tunnels alone. */
  readonly listen: readonly ListenAddress[];
  /** Certificate files of the operator's own, absolute; null: the ones in the state directory. */
  readonly tls:
    | { readonly cert: string; readonly key: string; readonly ca: string }
    | null;
  /** Further host names and addresses for the server certificate. */
  readonly hosts: readonly string[];
  /** What the host is in its cluster: one at least. */
  readonly roles: readonly Role[];
  /** Its name there. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `host:port` where others connect to it; empty: nobody does, but for a single host's clients. */
  readonly publicAddrs: readonly string[];
  /** `host:port` of servers of the cluster; at least one without the role auth. */
  readonly proxies: readonly string[];
  /** A token, which is a secret, or the absolute path of the file that holds it. */
  readonly join: string | null;
  /** `sha256:…`; at least one where there is a token. */
  readonly caPins: readonly string[];
  /** Of a proxy. */
  readonly deployment: { readonly group: string; readonly generation: number };
  /** Bytes on disk for the output of a job that asks for no other cap. */
  readonly outputCap: number;
  /** How long finished jobs are kept, ms. */
  readonly maxAge: number;
  /** Jobs that run at the same time; Infinity is no limit. */
  readonly maxJobs: number;
  /** Bytes on disk for the output of all jobs together. */
  readonly outputTotal: number;
  /** Bytes that must be free on the disk for another job; null leaves it to the job host. */
  readonly reserve: number | null;
  /** How long a shutdown waits for open requests and for jobs to stop, ms. */
  readonly shutdownTimeout: number;
  /** What is logged, by the server and by the job host it starts. */
  readonly log: LogConfig;
  /** Bytes of one file of the audit log, and how long closed ones are kept, ms. */
  readonly audit: { readonly fileSize: number; readonly keep: number };
  /** The user as whom the daemon runs, by name or number; null: as the one who starts it. */
  readonly runAs: string | null;
  /** This is that daemon: a process of root keeps it and its job host. */
  readonly kept: boolean;
  /** The file that was read, absolute; null when there is none. */
  readonly configFile: string | null;
}

/** A part that a host plays in its cluster. */
export type Role = MemberKind;

/** What {@linkcode serveConfig} needs besides the settings. */
export interface ServeFacts extends StateDirSources {
  kept: boolean;
  configFile: string | null;
  /** The name of the host. @default {Deno.hostname} */
  hostname?: string;
}

/**
 * The configuration that the settings make. cert, key and cacert are given all or none.
 *
 * @throws {Error} when no state directory is given and there is no home for one.
 */
export function serveConfig(
  values: SettingValues,
  { kept, configFile, hostname = Deno.hostname(), ...sources }: ServeFacts,
): ServeConfig {
  const { cert, key, cacert } = values;
  return freeze({
    // Asked for last: without a home directory there is no default, and none is needed.
    stateDir: values["state-dir"] ?? resolve(defaultStateDir(sources)),
    listen: values.listen,
    tls: cert && key && cacert ? { cert, key, ca: cacert } : null,
    hosts: values.host,
    roles: values.roles,
    // As it was before a name could be given: any host can start a server.
    name: values.name ??
      (memberNameProblem(hostname) === null ? hostname : "server"),
    labels: Object.fromEntries(
      values.label.map(({ key, value }) => [key, value]),
    ),
    publicAddrs: values["public-addr"],
    proxies: values.proxy,
    join: values.join,
    caPins: values["ca-pin"],
    deployment: {
      group: values["proxy-group"],
      generation: values["proxy-generation"],
    },
    outputCap: values["output-cap"],
    maxAge: values.keep,
    maxJobs: values["max-jobs"] ?? Infinity,
    outputTotal: values["output-total"],
    reserve: values.reserve,
    shutdownTimeout: values["shutdown-timeout"],
    log: { level: values["log-level"], levels: values["log-levels"] },
    audit: { fileSize: values["audit-file-size"], keep: values["audit-keep"] },
    runAs: values["run-as"],
    kept,
    configFile,
  });
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
