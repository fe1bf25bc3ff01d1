import { WorkerError } from "../lib/api/errors.ts";
import { signalNumber } from "../lib/api/signals.ts";
import type { JobClient } from "../lib/client/job_client.ts";
import { ExitError } from "./exit_error.ts";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

type Forwarded = (typeof FORWARDED)[number];

/**
 * Sends the signals that we get on to the job: the first one as it is, which stops a job that has not
 * started yet; the second one kills the job with all it started. A second one while the job is not known yet ends us.
 */
export class SignalForwarder implements Disposable {
  readonly #client: JobClient;
  readonly #giveUp: (error: unknown) => void;
  readonly #listeners = new Map<Forwarded, () => void>();
  #job: string | null = null;
  #received: Forwarded[] = [];

  /** @param giveUp called when a signal can't be delivered, with the reason. */
  constructor(client: JobClient, giveUp: (error: unknown) => void) {
    this.#client = client;
    this.#giveUp = giveUp;
    for (const name of FORWARDED) {
      const listener = () => this.#take(name);
      this.#listeners.set(name, listener);
      Deno.addSignalListener(name, listener);
    }
  }

  /** The job is known: what came before goes to it now. */
  attach(job: string): void {
    this.#job = job;
    const [first] = this.#received;
    if (first !== undefined) void this.#deliver(first, job);
  }

  #take(name: Forwarded): void {
    this.#received.push(name);
    if (this.#job !== null) {
      void this.#deliver(name, this.#job);
    } else if (this.#received.length > 1) {
      this.#giveUp(
        new ExitError(
          128 + signalNumber(name),
          "interrupted before the server named the job, which may run: see `worker ls`",
        ),
      );
    }
  }

  async #deliver(name: Forwarded, job: string): Promise<void> {
    try {
      if (this.#received.length < 2) await sendTo(this.#client, { job, name });
      else await this.#client.stop(job, { name: "SIGKILL", grace: 0 });
    } catch (error) {
      if (!isOver(error)) this.#giveUp(error);
    }
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) {
      Deno.removeSignalListener(name, listener);
    }
  }
}

/** A job that has not started yet has nobody to signal: it is stopped instead. */
export async function sendTo(
  client: Pick<JobClient, "signal" | "get" | "stop">,
  { job, name }: { job: string; name: string },
): Promise<void> {
  try {
    await client.signal(job, name);
  } catch (error) {
    if (!isOver(error)) throw error;
    const { state } = await client.get(job);
    if (state === "pending") await client.stop(job, { name });
  }
}

/** The job ended in the meantime. */
export function isOver(error: unknown): boolean {
  return error instanceof WorkerError &&
    (error.code === "CONFLICT" || error.code === "NOT_FOUND");
}
