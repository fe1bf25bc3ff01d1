import type { Identity } from "../../../certs/identity.ts";
import type { PeerVerifier } from "../../../certs/verify.ts";
import { WorkerError } from "../../api/errors.ts";
import { parseClientCert } from "./client_cert.ts";
import { messageOf } from "../listener/tls_connection.ts";

/** Who judges certificates: a `PeerVerifier`, or what has one. */
export type PeerJudge = Pick<PeerVerifier, "verify" | "recheck">;

/** Callers that are remembered; the oldest leaves first. */
const MAX_REMEMBERED = 1024;

/**
 * Verifies certificates that proxies pass on, with this host's own authorities and revocations, as
 * if their holders had connected here: in full the first time, checked again at each request.
 */
export class PassedCertificates {
  readonly #judge: PeerJudge;
  readonly #known = new Map<string, Identity>();

  constructor(judge: PeerJudge) {
    this.#judge = judge;
  }

  /** See {@linkcode PeerVerifier.recheck}; of who passes them on. */
  recheck(identity: Identity): void {
    this.#judge.recheck(identity);
  }

  /**
   * Whose certificate a value of `Client-Cert` is.
   *
   * @throws {WorkerError} `UNAUTHENTICATED`, saying what is wrong with it and that `proxy` passed it
   * on; `INVALID_ARGUMENT` when it is none.
   */
  identityOf(value: string, proxy: string): Identity {
    try {
      const known = this.#known.get(value);
      if (known) {
        this.#judge.recheck(known);
        return known;
      }
      const identity = this.#judge.verify(parseClientCert(value));
      this.#known.set(value, identity);
      if (this.#known.size > MAX_REMEMBERED) {
        const [oldest] = this.#known.keys();
        this.#known.delete(oldest!);
      }
      return identity;
    } catch (error) {
      this.#known.delete(value);
      if (error instanceof WorkerError) throw error;
      throw new WorkerError(
        "UNAUTHENTICATED",
        `${messageOf(error)} (the proxy "${proxy}" passed it on)`,
        { cause: error },
      );
    }
  }
}
