import { DURATION_PATTERN } from "../api/duration.ts";
import { SIZE_PATTERN } from "../api/size.ts";
import { LOG_CATEGORIES, LOG_LEVELS } from "../log.ts";
import { CLUSTER_SETTINGS } from "./cluster_settings.ts";
import {
  parseAge,
  parseBytes,
  parseCap,
  parseHost,
  parseJobs,
  parseListen,
  parseLogLevel,
  parsePath,
  parseUser,
  parseWait,
} from "./parsers.ts";
import { list, map, one, optional, type ValueOf } from "./setting.ts";

const TEXT = { type: "string", minLength: 1 } as const;

const LEVEL = { type: "string", enum: LOG_LEVELS } as const;

const LEVELS_EXPECTED = `one of ${LOG_LEVELS.join(", ")}`;

const PATH = {
  value: "FILE",
  reload: false,
  schema: TEXT,
  parse: parsePath,
  without: null,
} as const;

const SIZE = {
  value: "SIZE",
  expected: 'a size such as "512K", "256M" or "2G"',
  reload: true,
  schema: { type: ["string", "integer"], pattern: SIZE_PATTERN.source },
} as const;

const DURATION = {
  value: "DURATION",
  expected: 'a duration such as "10s", "5m" or "1h30m"',
  reload: true,
  schema: { type: "string", pattern: DURATION_PATTERN.source },
} as const;

/**
 * The settings of `worker serve`, in the order in which people read them. A name is the key in
 * `worker.yaml` and the flag; the variable is {@linkcode variableOf}. Whatever lists settings
 * (flags, help, the example file, schemas) is made from this table.
 */
export const SETTINGS = {
  "listen": list({
    value: "HOST:PORT",
    help: "where to listen; port 0 takes a free one",
    expected: 'an address such as "127.0.0.1:7443", "[::1]:7443" or ":7443"',
    initial: ["0.0.0.0:7443"],
    example: "127.0.0.1:7443",
    reload: false,
    schema: { type: ["string", "integer"] },
    parse: parseListen,
    of: (config) => config.listen,
  }),
  "state-dir": optional({
    ...PATH,
    value: "DIR",
    help: "certificates, jobs and their output",
    expected: 'the path of a directory such as "/var/lib/worker"',
    without: "/var/lib/worker for root, else ~/.local/state/worker",
    example: "/var/lib/worker",
    of: (config) => config.stateDir,
  }),
  "cert": optional({
    ...PATH,
    help: "server certificate of your own, with key and cacert",
    expected: 'the path of a file such as "/etc/worker/server.crt"',
    example: "/etc/worker/server.crt",
    of: (config) => config.tls?.cert,
  }),
  "key": optional({
    ...PATH,
    help: "its key",
    expected: 'the path of a file such as "/etc/worker/server.key"',
    example: "/etc/worker/server.key",
    of: (config) => config.tls?.key,
  }),
  "cacert": optional({
    ...PATH,
    help: "authorities whose clients are let in",
    expected: 'the path of a file such as "/etc/worker/ca.crt"',
    example: "/etc/worker/ca.crt",
    of: (config) => config.tls?.ca,
  }),
  "host": list({
    value: "NAME",
    help: "another name or address for the server certificate",
    expected: 'a name or an address such as "build-1.example"',
    initial: [],
    example: "build-1.example",
    reload: true,
    schema: TEXT,
    parse: parseHost,
    of: (config) => config.hosts,
  }),
  ...CLUSTER_SETTINGS,
  "output-cap": one({
    ...SIZE,
    help: "disk for the output of a job that sets no limit",
    initial: "256M",
    parse: parseCap,
    of: (config) => config.outputCap,
  }),
  "output-total": one({
    ...SIZE,
    help:
      "disk for the output of all jobs together; over it the oldest goes first",
    initial: "10G",
    parse: parseCap,
    of: (config) => config.outputTotal,
  }),
  "reserve": optional({
    ...SIZE,
    help: "disk that must stay free: below, new jobs are refused",
    without: "256M, or 5 % of a small disk",
    example: "1G",
    parse: parseBytes,
    of: (config) => config.reserve,
  }),
  "max-jobs": optional({
    value: "N",
    help: "jobs that run at once; more wait for their turn",
    expected: 'a number of jobs such as "8"',
    without: "no limit",
    example: "8",
    reload: true,
    schema: {
      type: ["integer", "string"],
      minimum: 1,
      pattern: "^[1-9]\\d{0,8}$",
    },
    parse: parseJobs,
    of: (config) => config.maxJobs,
  }),
  "keep": one({
    ...DURATION,
    help: "how long finished jobs are kept",
    initial: "7d",
    parse: parseAge,
    of: (config) => config.maxAge,
  }),
  "shutdown-timeout": one({
    ...DURATION,
    help: "how long a shutdown waits",
    initial: "10s",
    parse: parseWait,
    of: (config) => config.shutdownTimeout,
  }),
  "run-as": optional({
    value: "USER",
    help: "as root: talk to the network as this user, and only jobs are root's",
    expected: 'a user such as "worker"',
    without: null,
    example: "worker",
    reload: false,
    schema: { type: ["string", "integer"] },
    parse: parseUser,
    of: (config) => config.runAs,
  }),
  "audit-file-size": one({
    ...SIZE,
    help: "size at which a file of the audit log is closed and the next begins",
    initial: "16M",
    parse: parseCap,
    of: (config) => config.audit.fileSize,
  }),
  "audit-keep": one({
    ...DURATION,
    help: "how long closed files of the audit log are kept",
    initial: "90d",
    parse: parseAge,
    of: (config) => config.audit.keep,
  }),
  "log-level": one({
    value: "LEVEL",
    help: "what to log",
    expected: LEVELS_EXPECTED,
    initial: "info",
    reload: true,
    schema: LEVEL,
    parse: parseLogLevel,
    of: (config) => config.log.level,
  }),
  "log-levels": map({
    value: "CATEGORY=LEVEL",
    help: "what to log of single parts of the server",
    expected: LEVELS_EXPECTED,
    keys: LOG_CATEGORIES,
    keyName: "part of the log",
    example: { key: "listener", text: "debug" },
    reload: true,
    schema: LEVEL,
    parse: parseLogLevel,
    of: (config) => config.log.levels,
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** Every setting with what it became. */
export type SettingValues = {
  [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]>;
};

/** The names, in the table's order. */
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** The variable of a setting. The client has others (`WORKER_CERT`), which say nothing here. */
export function variableOf(name: string): string {
  return `${VARIABLE_PREFIX}${name.toUpperCase().replaceAll("-", "_")}`;
}

export const VARIABLE_PREFIX = "WORKER_SERVE_";
