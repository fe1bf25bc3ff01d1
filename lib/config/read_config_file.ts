import type { ConfigProblem } from "./config_error.ts";

/** A configuration is a page; what is larger is another file. */
const MAX_BYTES = 2 ** 20;

/** The text of a file, or what is wrong with it. */
export type ConfigText =
  | { readonly text: string }
  | { readonly problem: ConfigProblem };

/**
 * Reads the text of a configuration file: a regular file of at most 1 MiB, in UTF-8, that nobody
 * else may write when `uid` is root: it decides what root runs.
 *
 * @returns null when there is no such file.
 */
export async function readConfigFile(
  path: string,
  uid: number | null,
): Promise<ConfigText | null> {
  const wrong = (message: string, line = 1): ConfigText => ({
    problem: {
      at: { kind: "file", path, line, column: 1 },
      key: null,
      message,
    },
  });
  try {
    // To open a named pipe would wait for whoever writes to it.
    const before = await Deno.stat(path);
    if (before.isDirectory) {
      return wrong(`"${path}" is a directory: name the file in it`);
    }
    if (!before.isFile) {
      return wrong(`"${path}" is not a regular file: name a file of settings`);
    }
    using file = await Deno.open(path);
    const info = await file.stat();
    const writers = uid === 0 ? writersOf(info) : null;
    if (writers !== null) {
      return wrong(
        `"${path}" ${writers}, and it decides what root runs: make it root's, mode 0644 or less`,
      );
    }
    const bytes = new Uint8Array(MAX_BYTES + 1);
    let size = 0;
    for (;;) {
      const read = await file.read(bytes.subarray(size));
      if (read === null || read === 0) break;
      size += read;
    }
    if (size > MAX_BYTES) {
      return wrong(`"${path}" is larger than 1 MiB: name a file of settings`);
    }
    return decode(bytes.subarray(0, size), path, wrong);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    return wrong(
      `"${path}" cannot be read: ${
        (error as Error).message.replace(/: .* '.*'$/, "")
      }; name a file that this user may read`,
    );
  }
}

function writersOf({ mode, uid }: Deno.FileInfo): string | null {
  if (uid !== 0) return `belongs to the user ${uid}`;
  if (((mode ?? 0) & 0o022) === 0) return null;
  const octal = ((mode ?? 0) & 0o7777).toString(8).padStart(4, "0");
  return `may be written by others (mode ${octal})`;
}

function decode(
  bytes: Uint8Array,
  path: string,
  wrong: (message: string, line: number) => ConfigText,
): ConfigText {
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    return wrong(
      `"${path}" is not text: it has a zero byte; name a file of settings`,
      lineOf(bytes, zero),
    );
  }
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return { text: decoder.decode(bytes) };
  } catch {
    // The line's own bytes tell: no sequence of UTF-8 spans a line feed.
    for (let line = 1, from = 0;; line++) {
      const end = bytes.indexOf(10, from);
      try {
        decoder.decode(bytes.subarray(from, end < 0 ? bytes.length : end));
      } catch {
        return wrong(`"${path}" is not UTF-8: save it as UTF-8`, line);
      }
      from = end + 1;
    }
  }
}

function lineOf(bytes: Uint8Array, at: number): number {
  return bytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
}
