import type { Worker } from "../tests/helpers/worker.ts";
import type { Sshd } from "./sshd.ts";

/** What a row may use. */
export interface BenchContext {
  /** A server of the built executable that nothing else uses while the row runs. */
  worker: Worker;
  /** An OpenSSH server on the same interface. */
  sshd: Sshd;
}

/** One line of the table of targets. */
export interface Row {
  /** How `make bench ROWS=…` names it. */
  name: string;
  what: string;
  target: string;
  /** Arguments of the `worker serve` that it needs. */
  serve?: string[];
  measure(context: BenchContext): Promise<Measured>;
}

/** What came out, in words and figures. */
export interface Measured {
  measured: string;
  /** Null when it could not be measured here; the details say why. */
  met: boolean | null;
  /** How it was measured, and everything somebody who doubts it asks for. */
  details: string[];
}
