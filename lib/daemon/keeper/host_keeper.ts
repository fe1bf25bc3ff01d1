import { getLogger } from "@logtape/logtape";
import { delay } from "../../client/delay.ts";
import type { ServeConfig } from "../../config/serve_config.ts";
import { logArguments } from "../../config/log_levels.ts";
import { HostStarter, launchHost, ownCommand } from "../../jobhost/mod.ts";
import type { HostUser } from "../../jobs/users.ts";

const logger = getLogger(["worker", "daemon"]);

/** Between two looks whether there is a job host. */
const LOOK_MS = 100;

/** Whose job host is kept, and where. */
export interface HostKeeperOptions {
  config: ServeConfig;
  stateDir: string;
  /** As whom the daemon runs. */
  user: HostUser;
}

/** Starts a job host of root's whenever there is none, for a daemon that can't. */
export class HostKeeper {
  readonly #starter: HostStarter;
  #standsBack = false;

  constructor({ config, stateDir, user }: HostKeeperOptions) {
    this.#starter = new HostStarter({
      stateDir,
      launch: () =>
        launchHost({
          stateDir,
          command: ownCommand(),
          args: [...logArguments(config.log), `--allow-uid=${user.uid}`],
          shared: true,
        }),
    });
  }

  /** Looks after it until `signal`. Never throws. */
  keep(signal: AbortSignal): void {
    void this.#keep(signal).catch((error) => {
      if (!signal.aborted) logger.error`no job host is kept: ${error}`;
    });
  }

  /** Starts none until what this gives is disposed: another keeper is about to. */
  standBack(): Disposable {
    this.#standsBack = true;
    return { [Symbol.dispose]: () => void (this.#standsBack = false) };
  }

  async #keep(signal: AbortSignal): Promise<void> {
    for (;;) {
      if (!this.#standsBack) this.#starter.look();
      await delay(LOOK_MS, signal);
    }
  }
}
