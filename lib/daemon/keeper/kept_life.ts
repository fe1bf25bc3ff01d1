import { getLogger } from "@logtape/logtape";
import type { ServiceManager } from "../service_manager.ts";

const logger = getLogger(["worker", "daemon"]);

/** Looks in an interval of the watchdog; the daemon tells as often that it lives. */
const LOOKS = 3;
/** Looks without a word from the daemon after which the watchdog is not fed. */
const UNWELL = 3;
/** And after which the daemon is ended: before the service manager ends its keeper alone. */
const GONE = 4;

/** How often a daemon is to tell that it lives, in ms; null when nobody watches. */
export function aliveInterval({ watchdogMs }: ServiceManager): number | null {
  return watchdogMs === null ? null : watchdogMs / LOOKS;
}

/**
 * The service manager's watchdog over a kept daemon, fed by its keeper for as long as the daemon
 * tells that it lives. One that hangs is ended by the keeper: a service manager would end the keeper
 * alone, and leave a daemon that holds the place of the next one. Without a watchdog nothing is done.
 */
export class KeptLife implements Disposable {
  readonly #manager: ServiceManager;
  readonly #end: () => void;
  readonly #stack = new DisposableStack();
  #feeding: Disposable | null = null;
  #silent = 0;

  /** @param end Ends the daemon. */
  constructor(manager: ServiceManager, end: () => void) {
    this.#manager = manager;
    this.#end = end;
  }

  /** The daemon serves: from now on it is to be heard of. */
  begin(): void {
    const manager = this.#manager;
    const every = aliveInterval(manager);
    if (every === null) return;
    this.#silent = 0;
    const timer = setInterval(() => {
      // Looks that are late count once, so a keeper that was stopped blames nobody.
      if (++this.#silent !== GONE) return;
      logger
        .error`the server has said nothing for ${manager.watchdogMs} ms and more: it hangs, and is ended`;
      this.#end();
    }, every);
    this.#stack.defer(() => clearInterval(timer));
    this.#feeding = this.#stack.use(
      manager.watchdog(() => this.#silent < UNWELL),
    );
  }

  /** The daemon has told that it lives. */
  heard(): void {
    this.#silent = 0;
  }

  /** Another keeper feeds the watchdog. */
  handOver(): void {
    this.#feeding?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}
