import { basename, join } from "node:path";

/** How {@linkcode watchFiles} is to be ended, and how patient it is. */
export interface WatchFilesOptions {
  /** Ends the watch. */
  signal: AbortSignal;
  /** Milliseconds from the first change until it is told, to gather those that come with it.
   * @default {100} */
  debounce?: number;
}

/**
 * Tells which of the named files of a directory have changed: written, replaced by a rename,
 * reached through a symbolic link that now points elsewhere, removed or made. The watch is in
 * force when this returns its promise.
 *
 * One watcher on the directory, because watchers on single files lose events.
 *
 * @param onChange Called with the names, never twice at once; the next changes wait until it is
 * done. It should not throw: that ends the watch.
 * @returns Resolves when the signal has ended the watch; rejects with what `onChange` threw, or
 * when the directory can't be watched.
 */
export async function watchFiles(
  dir: string,
  names: readonly string[],
  onChange: (changed: string[]) => void | Promise<void>,
  { signal, debounce = 100 }: WatchFilesOptions,
): Promise<void> {
  if (signal.aborted) return;
  const watcher = Deno.watchFs(dir, { recursive: false });
  let ended = false;
  const end = () => {
    if (!ended) watcher.close();
    ended = true;
  };
  signal.addEventListener("abort", end, { once: true });
  const watched = new WatchedFiles(dir, names);
  const teller = new Teller(debounce, async () => {
    const changed = await watched.takeChanged();
    if (changed.length > 0 && !signal.aborted) await onChange(changed);
  }, end);
  try {
    for await (const { kind, paths } of watcher) {
      // Reading a file is an event too, and onChange reads them.
      if (kind === "access") continue;
      for (const path of paths) watched.touch(basename(path));
      teller.poke();
    }
  } finally {
    signal.removeEventListener("abort", end);
    end();
    await teller.end();
  }
}

/** The files as they were when they were last told about. */
class WatchedFiles {
  readonly #touched = new Set<string>();
  readonly #states = new Map<string, string>();

  constructor(readonly dir: string, readonly names: readonly string[]) {
    for (const name of names) this.#states.set(name, stateOf(join(dir, name)));
  }

  /** An event of its own says that a file changed, also when its times and size do not. */
  touch(name: string): void {
    if (this.#states.has(name)) this.#touched.add(name);
  }

  takeChanged(): string[] {
    const changed = this.names.filter((name) => {
      const state = stateOf(join(this.dir, name));
      const differs = state !== this.#states.get(name);
      this.#states.set(name, state);
      return differs || this.#touched.has(name);
    });
    this.#touched.clear();
    return changed;
  }
}

/** What changes when the file behind a name changes, wherever symbolic links lead. */
function stateOf(path: string): string {
  try {
    const { dev, ino, size, mtime } = Deno.statSync(path);
    return `${dev} ${ino} ${size} ${mtime?.getTime()}`;
  } catch (error) {
    return (error as Error).name;
  }
}

/** Runs a task some time after the first poke, one run at a time. */
class Teller {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;
  #ended = false;

  constructor(
    readonly delay: number,
    readonly task: () => Promise<void>,
    readonly onFailure: () => void,
  ) {}

  poke(): void {
    if (this.#ended) return;
    this.#timer ??= setTimeout(() => {
      if (this.#running) return;
      this.#timer = undefined;
      this.#running = this.#run();
    }, this.delay);
  }

  /** Waits for the task that runs; throws what it threw. */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#failure) throw this.#failure.error;
  }

  async #run(): Promise<void> {
    try {
      await this.task();
    } catch (error) {
      this.#failure = { error };
      this.onFailure();
    } finally {
      this.#running = null;
    }
    // A poke that fell due meanwhile.
    if (this.#timer !== undefined && !this.#failure) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.poke();
    }
  }
}
