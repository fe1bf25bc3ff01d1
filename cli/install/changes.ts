import { dirname } from "node:path";
import { WorkerError } from "../../lib/api/errors.ts";
import { shellQuote } from "../shell_quote.ts";

/** A step of an installation, as it is told. */
export interface Step {
  /** `kept`: it was there, and stays as it is. */
  did: "wrote" | "made" | "ran" | "removed" | "kept";
  what: string;
  why?: string;
}

/** Options of {@linkcode Changes}. */
export interface ChangesOptions {
  /** Nothing is changed, only told. */
  dryRun: boolean;
  /** A folder that stands for `/`; empty for this host. */
  root: string;
  tell(step: Step): Promise<void>;
}

/** Files are replaced whole, so nobody ever reads half of one. */
const TEMPORARY = ".worker-install";

/**
 * Changes of the host, each told when it is done and left out when nothing would change: paths are
 * those of the installed system, below the staging root.
 */
export class Changes {
  readonly #options: ChangesOptions;
  /** Those that were told: nothing is made in a dry run, and each is told once. */
  readonly #folders = new Set<string>();

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  get staged(): boolean {
    return this.#options.root !== "";
  }

  get dryRun(): boolean {
    return this.#options.dryRun;
  }

  /** Where a path of the installed system is now. */
  place(path: string): string {
    return this.#options.root + path;
  }

  tell(step: Step): Promise<void> {
    return this.#options.tell(step);
  }

  /** Makes a folder of root's, and those above it. */
  async folder(path: string, mode = 0o755): Promise<void> {
    const place = this.place(path);
    if (this.#folders.has(path) || (await statOf(place))?.isDirectory) return;
    this.#folders.add(path);
    await this.#change({ did: "made", what: `${path}/` }, async () => {
      await Deno.mkdir(place, { recursive: true });
      await Deno.chmod(place, mode);
    });
  }

  /** Writes a file unless it is there with these bytes and this mode; whether that changed anything. */
  async file(
    path: string,
    content: string | Uint8Array,
    mode = 0o644,
  ): Promise<boolean> {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    await this.folder(dirname(path));
    const place = this.place(path);
    const there = await statOf(place);
    if (there !== null && await holds(place, there, { bytes, mode })) {
      await this.tell({ did: "kept", what: path, why: "it is up to date" });
      return false;
    }
    await this.#change({ did: "wrote", what: path }, async () => {
      const temporary = `${place}${TEMPORARY}`;
      try {
        await Deno.writeFile(temporary, bytes, { mode });
        // Whatever the umask says.
        await Deno.chmod(temporary, mode);
        await Deno.rename(temporary, place);
      } catch (error) {
        await Deno.remove(temporary).catch(() => {});
        throw error;
      }
    });
    return true;
  }

  /** Removes a file or, with `all`, a folder and what is in it; nothing when it is not there. */
  async remove(path: string, { all = false } = {}): Promise<void> {
    const place = this.place(path);
    if (await statOf(place) === null) return;
    await this.#change(
      { did: "removed", what: path },
      () => Deno.remove(place, { recursive: all }),
    );
  }

  /** Runs a program of the host. @throws {WorkerError} with what it said when it fails. */
  async run(...words: string[]): Promise<void> {
    await this.#change({ did: "ran", what: shellQuote(words) }, async () => {
      const outcome = await output(words);
      if (!outcome.success) throw new Error(outcome.said);
    });
  }

  async #change(step: Step, change: () => Promise<void>): Promise<void> {
    try {
      if (!this.dryRun) await change();
    } catch (cause) {
      throw asWorkerError(step, cause as Error);
    }
    await this.tell(step);
  }
}

/** Whether a program of the host succeeds, and what it said. */
export async function output(
  [program, ...args]: string[],
): Promise<{ success: boolean; stdout: string; said: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program!, {
      args,
      stdin: "null",
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) =>
      new TextDecoder().decode(bytes).trim()
    ) as [string, string];
    return { success, stdout: out, said: err || out || "it failed" };
  } catch (error) {
    return { success: false, stdout: "", said: (error as Error).message };
  }
}

async function holds(
  place: string,
  there: Deno.FileInfo,
  { bytes, mode }: { bytes: Uint8Array; mode: number },
): Promise<boolean> {
  if (!there.isFile || ((there.mode ?? 0) & 0o7777) !== mode) return false;
  if (there.size !== bytes.length) return false;
  const found = await Deno.readFile(place);
  return found.every((byte, at) => byte === bytes[at]);
}

/** A symbolic link is itself, not what it leads to. */
async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** What was done, as something to do. */
export const VERBS = {
  wrote: "write",
  made: "make",
  ran: "run",
  removed: "remove",
  kept: "keep",
} as const;

function asWorkerError({ did, what }: Step, cause: Error): WorkerError {
  const action = `cannot ${VERBS[did]} "${what}": ${cause.message}`;
  if (/os error 30\b/.test(cause.message)) {
    return new WorkerError(
      "UNSUPPORTED",
      `${action}; this file system is read-only: choose another --prefix, or make it writable`,
      { cause },
    );
  }
  if (
    cause instanceof Deno.errors.PermissionDenied ||
    /os error 1\b/.test(cause.message)
  ) {
    return new WorkerError(
      "PERMISSION_DENIED",
      `${action}; run this as root, or into a folder of yours with --root`,
      { cause },
    );
  }
  return new WorkerError("INTERNAL", action, { cause });
}
