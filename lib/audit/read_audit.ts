import { type AuditFile, listAuditFiles } from "./audit_files.ts";
import type { ReadOptions } from "./audit_trail.ts";
import { Doorbell } from "./doorbell.ts";
import { lineChunks } from "./line_chunks.ts";
import { matching } from "./matching.ts";

/** How often a follower looks for what other processes have written. */
const LOOK_MS = 500;
/** A follower looks no more often than that. */
const REST_MS = 20;

/** Where and how to read. */
export interface ReadAuditOptions extends ReadOptions {
  directory: string;
  signal: AbortSignal;
  /** Has `wake` called when this process has written; the answer ends that. */
  subscribe(wake: () => void): () => void;
}

/** The events of the folder, see `AuditTrail.read`. Holds one chunk of a file, or `limit` events. */
export async function* readAudit(
  options: ReadAuditOptions,
): AsyncGenerator<string> {
  const { directory, limit = Infinity, follow, signal } = options;
  const bell = new Doorbell();
  const unsubscribe = options.subscribe(() => bell.ring());
  try {
    const reader = new FolderReader(options);
    const files = listAuditFiles(directory);
    if (limit === Infinity) yield* reader.forward(files);
    else yield* reader.newest(files, limit);
    while (follow && !signal.aborted) {
      await bell.wait(LOOK_MS, signal);
      yield* reader.forward(listAuditFiles(directory));
      await new Doorbell().wait(REST_MS, signal);
    }
  } finally {
    unsubscribe();
  }
}

/** The kernel's time of a file is a little behind the clock. */
const BEHIND_MS = 1_000;

function isOlder({ changed }: AuditFile, since: number): boolean {
  return changed + BEHIND_MS < since;
}

/** Reads files and remembers how far. */
class FolderReader {
  readonly #options: ReadAuditOptions;
  /** Offsets by the identity of a file. */
  #positions = new Map<string, number>();

  constructor(options: ReadAuditOptions) {
    this.#options = options;
  }

  /** What is new in the files, oldest first. */
  async *forward(files: AuditFile[]): AsyncGenerator<string> {
    const { since = -Infinity } = this.#options;
    this.#forget(files);
    for (const file of files) {
      if (this.#isRead(file)) continue;
      if (isOlder(file, since)) this.#skip(file);
      else yield* this.#read(file);
    }
  }

  /** The newest `limit` events of the files, oldest first; what is older counts as read. */
  async *newest(files: AuditFile[], limit: number): AsyncGenerator<string> {
    const { since = -Infinity } = this.#options;
    let newest: string[] = [];
    for (const file of files.toReversed()) {
      if (newest.length >= limit || isOlder(file, since)) {
        this.#skip(file);
        continue;
      }
      const lines: string[] = [];
      for await (const text of this.#read(file)) {
        lines.push(...text.trimEnd().split("\n"));
        if (lines.length > limit) lines.splice(0, lines.length - limit);
      }
      newest = [...lines, ...newest].slice(-limit);
    }
    if (newest.length > 0) yield newest.join("\n") + "\n";
  }

  async *#read({ path, identity }: AuditFile): AsyncGenerator<string> {
    const { signal } = this.#options;
    try {
      const from = this.#positions.get(identity) ?? 0;
      for await (const { lines, position } of lineChunks(path, from)) {
        if (signal.aborted) return;
        this.#positions.set(identity, position);
        const found = matching(lines, this.#options);
        if (found.length > 0) yield found.join("\n") + "\n";
      }
    } catch (error) {
      // It was too old, or somebody moved it away.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  #isRead({ identity, size }: AuditFile): boolean {
    return (this.#positions.get(identity) ?? 0) >= size;
  }

  #skip({ identity, size }: AuditFile): void {
    this.#positions.set(identity, size);
  }

  #forget(files: AuditFile[]): void {
    // Inodes are used again.
    const there = new Set(files.map(({ identity }) => identity));
    for (const identity of this.#positions.keys()) {
      if (!there.has(identity)) this.#positions.delete(identity);
    }
  }
}
