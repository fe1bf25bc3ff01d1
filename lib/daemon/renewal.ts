import { getLogger } from "@logtape/logtape";
import type { InitialiseResult } from "../../certs/mod.ts";

const logger = getLogger(["worker", "certs"]);

/** Certificates are renewed when a third of their life is left: once a day is often enough. */
const DAY_MS = 24 * 60 * 60 * 1000;

/** What there is to choose about a {@linkcode CertificateRenewal}. */
export interface CertificateRenewalOptions {
  /** Milliseconds between two looks. @default {86_400_000} */
  interval?: number;
}

/**
 * Looks after the certificates of a server that runs for months: it renews them again and again,
 * as its start did. Who watches the files takes the new ones into use.
 */
export class CertificateRenewal implements AsyncDisposable {
  readonly #timer: ReturnType<typeof setInterval>;
  #running: Promise<void> = Promise.resolve();

  /** `renew` is `initialise` of the state directory. */
  constructor(
    renew: () => Promise<InitialiseResult>,
    { interval = DAY_MS }: CertificateRenewalOptions = {},
  ) {
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(renew).then(
        logCertificates,
        (error) => logger.error`cannot look after the certificates: ${error}`,
      );
    }, interval);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }
}

/** Logs what was renewed, and what somebody has to look after. */
export function logCertificates(
  { renewed, warnings }: Pick<InitialiseResult, "renewed" | "warnings">,
): void {
  for (const { path, reason } of renewed) {
    logger.info`renewed "${path}": ${reason}`;
  }
  for (const warning of warnings) logger.warn`${warning}`;
}
