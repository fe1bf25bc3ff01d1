import { getLogger } from "@logtape/logtape";
import type { ListeningSocket } from "../linux/listening_socket.ts";
import type { HostKeeper } from "./host_keeper.ts";
import { ownProgram } from "./own_program.ts";
import { startReplacement } from "./replacement.ts";
import { noteOutcome } from "./replacement_outcome.ts";
import type { ServiceManager } from "./service_manager.ts";

const logger = getLogger(["worker", "daemon"]);

/** What a keeper has to hand over. */
export interface KeeperParts {
  daemon: Deno.ChildProcess;
  host: HostKeeper;
  sockets: readonly ListeningSocket[];
  manager: ServiceManager;
  stateDir: string;
  /** Lets go of the keeper's lock. */
  letGo(): void;
}

/**
 * Puts another keeper, with a daemon of its own, in the place of this one. When those serve, the
 * daemon of this one is told so, and ends when its connections have.
 */
export class KeeperReplacement {
  readonly #parts: KeeperParts;
  #under: AbortController | null = null;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Replaces this keeper, unless that is under way. Never rejects. */
  async begin(): Promise<void> {
    if (this.#under !== null) return;
    this.#under = new AbortController();
    const { daemon, host, sockets, manager, stateDir, letGo } = this.#parts;
    // From now on it is a newer build that says which job host there is.
    using standing = new DisposableStack();
    standing.use(host.standBack());
    try {
      const { command } = ownProgram();
      const { pid } = await startReplacement({
        command: [...command, ...Deno.args],
        sockets,
        env: manager.environment,
        signal: this.#under.signal,
      });
      manager.mainPid(pid);
      standing.move();
      noteOutcome(stateDir, { result: "ok", pid });
      letGo();
      send(daemon, "SIGUSR2");
      logger.info`${pid} serves in this one's place`;
    } catch (error) {
      const reason = (error as Error).message;
      logger.error`not replaced, this server goes on: ${reason}`;
      noteOutcome(stateDir, { result: "failed", reason });
      this.#under = null;
    }
  }

  /** Ends a replacement that is not ready. */
  giveUp(): void {
    this.#under?.abort(new Error("the server was told to end"));
  }
}

/** Sends a signal to a process that may have ended. */
export function send(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch {
    // It has ended in this moment.
  }
}
