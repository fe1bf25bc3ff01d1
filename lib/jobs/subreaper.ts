import { libc } from "../linux/libc.ts";
import { reap } from "../linux/reap.ts";
import { isOwnChild } from "./children.ts";
import { ownChildren } from "./proc.ts";

const PR_SET_CHILD_SUBREAPER = 36;

/**
 * Makes this process the parent of every orphan below it (prctl(2), PR_SET_CHILD_SUBREAPER), so
 * that nothing a job starts can escape by a double fork, and reaps those orphans when they end.
 *
 * Orphans are waited for one by one, `waitpid(-1)` would steal the exit codes of others: an orphan is
 * every child that was not registered by `awaitChild`. So it belongs to a process that starts
 * children only in this folder.
 */
export class Subreaper implements Disposable {
  readonly #onChild = () => this.#reapSoon();
  #reaping: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    if (libc.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) !== 0) {
      throw new Error(
        "cannot become a subreaper: prctl(PR_SET_CHILD_SUBREAPER) failed",
      );
    }
    Deno.addSignalListener("SIGCHLD", this.#onChild);
  }

  /** Children that Deno does not know: orphans of jobs, dead or alive. Reaps the dead. */
  orphans(): number[] {
    return ownChildren().filter((pid) => !isOwnChild(pid) && !reap(pid));
  }

  /** Many children end at once; one look after them is enough. */
  #reapSoon(): void {
    this.#reaping ??= setTimeout(() => {
      this.#reaping = null;
      this.orphans();
    }, 100);
  }

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGCHLD", this.#onChild);
    if (this.#reaping !== null) clearTimeout(this.#reaping);
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0n, 0n, 0n, 0n);
  }
}
