import { UnixListeningSocket } from "../../linux/unix_listening_socket.ts";
import { runFiles } from "../run_files.ts";
import type { Recipient } from "./give_tree.ts";

/** For whom {@linkcode KeptAdminSocket} is. */
export interface KeptAdminSocketOptions {
  /** Who may connect besides root: the daemon's user. */
  user: Recipient;
  /** The one of the keeper that is replaced. */
  inherited: UnixListeningSocket | null;
}

/**
 * The administrator's socket of a kept daemon: made by its keeper, because the folder is root's, and
 * nobody else may put another one in its place. The daemon accepts from it.
 */
export class KeptAdminSocket implements Disposable {
  readonly #path: string;
  readonly #socket: UnixListeningSocket;
  #handedOver = false;

  /** @throws {LinuxError} when the path cannot be had. */
  constructor(stateDir: string, { user, inherited }: KeptAdminSocketOptions) {
    this.#path = runFiles(stateDir).admin;
    this.#socket = inherited ?? UnixListeningSocket.listen(this.#path, user);
  }

  get fd(): number {
    return this.#socket.fd;
  }

  /** Another keeper listens with it, so the path stays. */
  handOver(): void {
    this.#handedOver = true;
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
    if (this.#handedOver) return;
    try {
      Deno.removeSync(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
