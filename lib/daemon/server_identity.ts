import { basename, dirname } from "node:path";
import { getLogger } from "@logtape/logtape";
import {
  PeerVerifier,
  RevocationList,
  statePaths,
  watchFiles,
} from "../../certs/mod.ts";
import type { Identity } from "../../certs/identity.ts";
import {
  readServerFiles,
  type ServerCertificate,
  type ServerFiles,
} from "./server_files.ts";

const logger = getLogger(["worker", "certs"]);

/**
 * What the server shows of itself and whom it trusts, read from files and read again when they
 * change. A change that can't be used is refused and logged; what was in force stays in force.
 */
export class ServerIdentity implements AsyncDisposable {
  /** Called with the new certificate after every successful reload. */
  onChange: (certificate: ServerCertificate) => void = () => {};

  readonly #files: ServerFiles;
  #certificate: ServerCertificate;
  readonly #verifier: PeerVerifier;
  readonly #revocations: RevocationList;
  readonly #stopped = new AbortController();
  readonly #watchers: Promise<void>[];

  private constructor(
    files: ServerFiles,
    certificate: ServerCertificate,
    revocations: RevocationList,
  ) {
    this.#files = files;
    this.#certificate = certificate;
    this.#revocations = revocations;
    this.#verifier = new PeerVerifier({
      caBundle: certificate.ca,
      revocations,
    });
    this.#watchers = this.#watch();
  }

  /** Reads the files; rejects when one can't be used. */
  static async load(
    files: ServerFiles,
    stateDir: string,
  ): Promise<ServerIdentity> {
    const revocations = await RevocationList.load(statePaths(stateDir).revoked);
    return new ServerIdentity(files, await readServerFiles(files), revocations);
  }

  /** What it shows now. */
  get certificate(): ServerCertificate {
    return this.#certificate;
  }

  /** What is revoked; what is added to it is in force at once, and in the file. */
  get revocations(): RevocationList {
    return this.#revocations;
  }

  /**
   * Who shows a certificate, a client unless told otherwise.
   *
   * @throws {CertificateError} that says what is wrong with it.
   */
  verify(rawDer: Uint8Array, usage?: "client" | "server"): Identity {
    return this.#verifier.verify(rawDer, usage);
  }

  recheck(identity: Identity): void {
    this.#verifier.recheck(identity);
  }

  /**
   * Reads everything again. Never rejects. What can't be used keeps nothing else from being used:
   * a damaged revocation list does not hold up a new certificate, nor the other way round.
   */
  async reload(): Promise<void> {
    try {
      await this.#revocations.reload();
      logger
        .info`revocations reloaded: ${this.#revocations.entries.length} revoked`;
    } catch (error) {
      logger.error`revocations not reloaded, the old ones stay: ${
        (error as Error).message
      }`;
    }
    try {
      const certificate = await readServerFiles(this.#files);
      this.#verifier.replaceAuthorities(certificate.ca);
      this.#certificate = certificate;
      this.onChange(certificate);
      logger.info`certificates reloaded, for new connections`;
    } catch (error) {
      logger.error`certificates not reloaded, the old ones stay: ${
        (error as Error).message
      }`;
    }
  }

  #watch(): Promise<void>[] {
    const byDirectory = Map.groupBy(
      [...Object.values(this.#files), this.#revocations.path],
      dirname,
    );
    const { signal } = this.#stopped;
    return [...byDirectory].map(([directory, paths]) =>
      watchFiles(
        directory,
        paths.map((path) => basename(path)),
        () => this.reload(),
        { signal },
      ).catch((error) => {
        logger
          .error`changes in "${directory}" go unnoticed, send SIGHUP after one: ${error}`;
      })
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#watchers);
  }
}
