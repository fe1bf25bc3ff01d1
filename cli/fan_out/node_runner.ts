import type { JobRequest } from "../../lib/api/job.ts";
import { type Connection, connectToNode } from "../connect.ts";
import { EXIT } from "../exit_codes.ts";
import { OutputClosedError } from "../exit_error.ts";
import { runToEnd } from "../run_job.ts";
import {
  endedResult,
  failedResult,
  type NodeResult,
  stoppedResult,
} from "./node_result.ts";
import type { Outputs } from "./outputs.ts";

/** What is run, and where its output goes. */
export interface NodeRunnerOptions {
  request: JobRequest;
  outputs: Outputs;
  json: boolean;
  /** Start it, print its id, and leave it. */
  detach: boolean;
}

/** Runs a command on one node after the other, each over the same connections to the proxy. */
export class NodeRunner {
  readonly #connection: Connection;
  readonly #options: NodeRunnerOptions;

  constructor(connection: Connection, options: NodeRunnerOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /**
   * Runs it on a node, to its end; what fails there is in the result.
   *
   * @throws {OutputClosedError} when nobody reads our output any more.
   */
  async run(
    node: string,
    { stop }: { stop: AbortSignal },
  ): Promise<NodeResult> {
    const began = performance.now();
    const taken = () => ({ node, ms: performance.now() - began });
    const { outputs, detach } = this.#options;
    try {
      if (detach) {
        await this.#start(node);
        return { ...taken(), exitCode: EXIT.ok, note: null };
      }
      const { exit } = await this.#follow(node, stop);
      return stop.aborted && exit.reason === "stopped"
        ? stoppedResult(taken(), { exit, why: String(stop.reason) })
        : endedResult(taken(), exit);
    } catch (error) {
      if (error instanceof OutputClosedError) throw error;
      const result = failedResult(taken(), error);
      await outputs.tellFailure(result);
      return result;
    }
  }

  async #follow(node: string, stop: AbortSignal) {
    const { request, outputs, json } = this.#options;
    const { client } = connectToNode(this.#connection, node);
    const sink = outputs.sink(node);
    try {
      return await runToEnd(client, {
        request,
        json,
        interactive: false,
        sink,
        stop,
      });
    } catch (error) {
      if (!(error instanceof OutputClosedError)) await sink.broken();
      throw error;
    }
  }

  async #start(node: string): Promise<void> {
    const { request, outputs, json } = this.#options;
    const { client } = connectToNode(this.#connection, node);
    const job = await client.start(request);
    await outputs.printLine(
      json
        ? JSON.stringify({ ...job, node, type: "job" })
        : `${node} ${job.id}`,
    );
  }
}
