import { isIPv4, isIPv6 } from "node:net";
import { resolve } from "node:path";
import { parseDuration } from "../api/duration.ts";
import { WorkerError } from "../api/errors.ts";
import { parseSize } from "../api/size.ts";
import { LOG_LEVELS, type LogLevel } from "../log.ts";

/** Where a server listens. */
export interface ListenAddress {
  /** A name, or an IP address without brackets. */
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** What a job may ask for at least, it gets from the server's settings too. */
const MIN_CAP_BYTES = 64 * 2 ** 10;

/** Timers of the runtime hold 2^31-1 ms; what is longer would be over at once. */
const MAX_TIMER_MS = 24 * 86_400_000;

const refuse = (message: string) =>
  new WorkerError("INVALID_ARGUMENT", message);

/** @throws {WorkerError} `INVALID_ARGUMENT`, as all parsers here: the value in quotes, and what is expected. */
export function parseListen(text: string): ListenAddress {
  const match = /^(?:(\[[^[\]]*\]|[^:[\]\s]*):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  const given = match?.[1] ?? "";
  const bare = given.replace(/^\[|\]$/g, "");
  const isAddress = given.startsWith("[")
    ? isIPv6(bare)
    : isIPv4(bare) || !/^[\d.]+$/.test(bare);
  if (match && port <= 65535 && isAddress) {
    return { hostname: bare || "0.0.0.0", port };
  }
  throw refuse(
    `"${text}" is not an address: write for example "127.0.0.1:7443", "[::1]:7443" or ":7443"`,
  );
}

/** A name or an address for the server's certificate. */
export function parseHost(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (isIPv6(bare) || /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i.test(text)) {
    return text;
  }
  throw refuse(
    `"${text}" is not a host: write a name or an address without a port, for example "build-1.example" or "192.0.2.1"`,
  );
}

/** An absolute path; a relative one begins at `folder`. */
export function parsePath(text: string, folder: string): string {
  if (text === "") {
    throw refuse(`"" is no path: write for example "/var/lib/worker"`);
  }
  if (/^~(?:\/|$)/.test(text)) {
    throw refuse(
      `"${text}" begins with "~", which only a shell understands: write the whole path`,
    );
  }
  return resolve(folder, text);
}

/** Bytes on disk that a job's output can do with. */
export function parseCap(text: string): number {
  const bytes = parseBytes(text);
  if (bytes >= MIN_CAP_BYTES) return bytes;
  throw refuse(`"${text}" is too small: write "64K" or more`);
}

/** Bytes. */
export function parseBytes(text: string): number {
  const bytes = parseSize(text);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw refuse(`"${text}" is too large: write "8000T" or less`);
}

/** How many jobs. */
export function parseJobs(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw refuse(
    `"${text}" is not a number of jobs: write for example "8", or leave it out for no limit`,
  );
}

/** Milliseconds that something is kept. */
export function parseAge(text: string): number {
  const ms = parseDuration(text);
  if (Number.isSafeInteger(Math.floor(ms))) return ms;
  throw refuse(`"${text}" is too long: write for example "3650d"`);
}

/** Milliseconds that something is waited for. */
export function parseWait(text: string): number {
  const ms = parseDuration(text);
  if (ms <= MAX_TIMER_MS) return ms;
  throw refuse(`"${text}" is too long: write "24d" or less`);
}

/** The name or number of a user. */
export function parseUser(text: string): string {
  if (/^[^\s:/]+$/.test(text)) return text;
  throw refuse(
    `"${text}" is not a user: write a name or a number, for example "worker"`,
  );
}

/** A level of the log. */
export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((one) => one === text);
  if (level !== undefined) return level;
  throw refuse(`"${text}" is not a level: write ${LOG_LEVELS.join(", ")}`);
}
