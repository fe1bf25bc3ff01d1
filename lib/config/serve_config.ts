import { parseDuration } from "../api/duration.ts";
import { WorkerError } from "../api/errors.ts";
import { parseSize } from "../api/size.ts";
import type { LOG_LEVELS } from "../log.ts";

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
  /** How long a shutdown waits for open requests and for jobs to stop, ms. */
  readonly shutdownTimeout: number;
  /** What is logged, by the server and by the job host it starts. */
  readonly logLevel: (typeof LOG_LEVELS)[number];
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
  shutdownTimeout: string;
  logLevel: (typeof LOG_LEVELS)[number];
}

/** @throws {WorkerError} `INVALID_ARGUMENT`, naming the flag, its value and what is expected. */
export function parseServeFlags(flags: ServeFlags): ServeConfig {
  return {
    stateDir: flags.stateDir,
    listen: parseListen(flags.listen),
    tls: parseTls(flags),
    hosts: flags.host,
    outputCap: parseSize(flags.outputCap),
    maxAge: parseDuration(flags.keep),
    shutdownTimeout: parseDuration(flags.shutdownTimeout),
    logLevel: flags.logLevel,
  };
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
