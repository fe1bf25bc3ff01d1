import { isOwnChild } from "./children.ts";
import { ownChildren } from "./proc.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

/**
 * Makes this process the parent of every orphan below it (prctl(2), PR_SET_CHILD_SUBREAPER), so
 * that nothing a job starts can escape by a double fork, and reaps those orphans when they end.
 *
 * Deno reaps only what it started itself, and `waitpid(-1)` would steal the exit codes of its
 * children, so orphans are waited for one by one: every child that `spawnChild` did not start.
 *
 * It belongs to a process that starts children only there: any other one counts as an orphan.
 */
export class Subreaper implements Disposable {
  readonly #libc;
  readonly #onChild = () => this.#reapSoon();
  #reaping: ReturnType<typeof setTimeout> | null = null;

  constructor() {
    this.#libc = Deno.dlopen("libc.so.6", {
      prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
      waitpid: { parameters: ["i32", "pointer", "i32"], result: "i32" },
    });
    if (
      this.#libc.symbols.prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n) !== 0
    ) {
      this.#libc.close();
      throw new Error(
        "cannot become a subreaper: prctl(PR_SET_CHILD_SUBREAPER) failed",
      );
    }
    Deno.addSignalListener("SIGCHLD", this.#onChild);
  }

  /** Children that Deno does not know: orphans of jobs, dead or alive. Reaps the dead. */
  orphans(): number[] {
    return ownChildren().filter((pid) => !isOwnChild(pid) && !this.#reap(pid));
  }

  #reap(pid: number): boolean {
    return this.#libc.symbols.waitpid(pid, null, WNOHANG) === pid;
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
    this.#libc.symbols.prctl(PR_SET_CHILD_SUBREAPER, 0n, 0n, 0n, 0n);
    this.#libc.close();
  }
}
