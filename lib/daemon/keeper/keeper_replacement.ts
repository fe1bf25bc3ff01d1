import { getLogger } from "@logtape/logtape";
import type { ListeningSocket } from "../../linux/listening_socket.ts";
import type { HostKeeper } from "./host_keeper.ts";
import { tellReplaced } from "./keeper_word.ts";
import { ownProgram } from "../replacement/own_program.ts";
import { startReplacement } from "../replacement/replacement.ts";
import {
  noteFailure,
  noteOutcome,
} from "../replacement/replacement_outcome.ts";
import type { ServiceManager } from "../service_manager.ts";

const logger = getLogger(["worker", "daemon"]);

/** What a keeper has to hand over. */
export interface KeeperParts {
  daemon: Deno.ChildProcess;
  host: HostKeeper;
  sockets: readonly ListeningSocket[];
  admin: { readonly fd: number };
  manager: ServiceManager;
  stateDir: string;
  /** Lets go of what the other one takes over. */
  handOver(): void;
}

/**
 * Puts another keeper, with a daemon of its own, in the place of this one. When those serve, the
 * daemon of this one is told so, and ends when its connections have.
 */
export class KeeperReplacement {
  readonly #parts: KeeperParts;
  #under: AbortController | null = null;
  #attempt: Promise<void> = Promise.resolve();
  #givenUp: Promise<void> = Promise.resolve();
  #allowed = false;
  #done = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Whether another keeper is there. */
  get done(): boolean {
    return this.#done;
  }

  /** The daemon serves, and may be replaced from now on. */
  allow(): void {
    this.#allowed = true;
  }

  /** Resolves when nothing is left of a replacement that was given up. */
  get givenUp(): Promise<void> {
    return this.#givenUp;
  }

  /** Replaces this keeper, unless that is under way. */
  begin(): void {
    if (this.#under === null) this.#attempt = this.#replace();
  }

  /** Never rejects. */
  async #replace(): Promise<void> {
    const { daemon, host, sockets, admin, manager, stateDir } = this.#parts;
    if (!this.#allowed) {
      return noteFailure(stateDir, "it does not serve", { ending: false });
    }
    this.#under = new AbortController();
    // From now on it is a newer build that says which job host there is.
    using standing = new DisposableStack();
    standing.use(host.standBack());
    try {
      const { command } = ownProgram();
      const { pid } = await startReplacement({
        command: [...command, ...Deno.args],
        sockets,
        admin,
        env: manager.environment,
        signal: this.#under.signal,
      });
      manager.mainPid(pid);
      standing.move();
      noteOutcome(stateDir, { result: "ok", pid });
      this.#done = true;
      this.#parts.handOver();
      await tellReplaced(daemon);
      logger.info`${pid} serves in this one's place`;
    } catch (error) {
      const ending = this.#under.signal.aborted;
      noteFailure(stateDir, (error as Error).message, { ending });
      this.#under = null;
    }
  }

  /** Ends a replacement that is not ready, and begins none any more. */
  giveUp(): void {
    this.#allowed = false;
    this.#under?.abort(new Error("the server was told to end"));
    this.#givenUp = this.#attempt;
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
