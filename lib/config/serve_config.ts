import { parseDuration } from "../api/duration.ts";
import { WorkerError } from "../api/errors.ts";
import { parseSize } from "../api/size.ts";
import type { LOG_LEVELS } from "../log.ts";

const MIN_CAP_BYTES = 64 * 2 ** 10;

/** What `worker serve` was asked for, validated: inside, these are true. */
export interface ServeConfig {
  readonly stateDir: string;
  readonly listen: { readonly hostname: string; readonly port: number };
  /** Certificate files of the operator's own; null: the ones in the state directory. */
  readonly tls:
    | { readonly cert: string; readonly key: string; readonly ca: string }
    | null;
  /** Further host names and addresses for the server certificate. */
  readonly hosts: readonly string[];
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
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** The user as whom the daemon runs, by name or number; null: as the one who starts it. */
  readonly runAs: string | null;
  /** This is that daemon: a process of root keeps it and its job host. */
  readonly kept: boolean;
}

/** The flags as they were typed. */
export interface ServeFlags {
  stateDir: string;
  listen: string;
  cert?: string;
  key?: string;
  cacert?: string;
  host: string[];
  outputCap: string;
  keep: string;
  maxJobs?: string;
  outputTotal: string;
  reserve?: string;
  shutdownTimeout: string;
  logLevel: (typeof LOG_LEVELS)[number];
  runAs?: string;
  kept?: boolean;
}

/** @throws {WorkerError} `INVALID_ARGUMENT`, naming the flag, its value and what is expected. */
export function parseServeFlags(flags: ServeFlags): ServeConfig {
  return {
    stateDir: parseStateDir(flags.stateDir),
    listen: parseListen(flags.listen),
    tls: parseTls(flags),
    hosts: flags.host,
    outputCap: parseFlag(parseCap, { "--output-cap": flags.outputCap }),
    maxAge: parseFlag(parseDuration, { "--keep": flags.keep }),
    maxJobs: flags.maxJobs === undefined
      ? Infinity
      : parseFlag(parseCount, { "--max-jobs": flags.maxJobs }),
    outputTotal: parseFlag(parseCap, { "--output-total": flags.outputTotal }),
    reserve: flags.reserve === undefined
      ? null
      : parseFlag(parseSize, { "--reserve": flags.reserve }),
    shutdownTimeout: parseFlag(parseDuration, {
      "--shutdown-timeout": flags.shutdownTimeout,
    }),
    logLevel: flags.logLevel,
    runAs: flags.runAs ?? null,
    kept: flags.kept ?? false,
  };
}

/** The flags as words of a command line again, without the state directory. */
export function serveArguments(
  { stateDir: _, ...flags }: ServeFlags,
): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    const flag = `--${
      name.replace(/[A-Z]/g, (upper) => `-${upper.toLowerCase()}`)
    }`;
    return [value].flat().map((one) => one === true ? flag : `${flag}=${one}`);
  });
}

/** What `parse` makes of the text of one flag; what it throws names the flag. */
function parseFlag(
  parse: (text: string) => number,
  flag: Record<string, string>,
): number {
  const [name, text] = Object.entries(flag)[0]!;
  try {
    return parse(text);
  } catch (cause) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `${name}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `"${text}" is not a number of jobs: write for example "8", or leave the flag out for no limit`,
  );
}

/** What a job may ask for at least, it gets from the server's flags too. */
function parseCap(text: string): number {
  const bytes = parseSize(text);
  if (bytes >= MIN_CAP_BYTES) return bytes;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `"${text}" is too small: write "64K" or more`,
  );
}

function parseStateDir(path: string): string {
  if (path !== "") return path;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    '--state-dir: "" is no directory: write for example "/var/lib/worker"',
  );
}

function parseListen(text: string): ServeConfig["listen"] {
  const match = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (!match || port > 65535) {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      `--listen "${text}" is not an address: write for example "127.0.0.1:7443", "[::1]:7443" or ":7443"`,
    );
  }
  return {
    hostname: match[1]?.replace(/^\[|\]$/g, "") || "0.0.0.0",
    port,
  };
}

function parseTls({ cert, key, cacert }: ServeFlags): ServeConfig["tls"] {
  if (cert && key && cacert) return { cert, key, ca: cacert };
  if (!cert && !key && !cacert) return null;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    "--cert, --key and --cacert belong together: give all three, or none for certificates of the server's own",
  );
}
