import { WorkerError } from "../../api/errors.ts";
import type { Presence } from "../../cluster/mod.ts";
import type { AuthServices } from "../../http/cluster_services.ts";

/** What a server with the role auth has while its store is open. */
export interface OpenAuth extends AuthServices {
  presence: Presence;
}

/** The auth of a daemon: there as long as its store is open. */
export class AuthPart {
  #open: OpenAuth | null = null;
  #why = "the cluster's store is not open yet: ask again";
  #leaves = false;

  /** @throws {WorkerError} `UNAVAILABLE` that says why it is not there */
  get services(): OpenAuth {
    if (this.#open) return this.#open;
    throw new WorkerError("UNAVAILABLE", this.#why);
  }

  /** Whether it was there and ends with its server: whoever serves next can be asked. */
  get leaves(): boolean {
    return this.#leaves;
  }

  /** It is there until that is disposed. */
  open(services: OpenAuth): Disposable {
    this.#open = services;
    return {
      [Symbol.dispose]: () => {
        this.#leaves = true;
        this.close("the server is shutting down");
      },
    };
  }

  /** It is not there, and why. */
  close(why: string): void {
    this.#open = null;
    this.#why = why;
  }
}
