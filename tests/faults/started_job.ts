import type { Job } from "../../lib/api/job.ts";
import { FrameDecoder } from "../../lib/api/frame.ts";
import type { JobClient } from "../../lib/client/mod.ts";
import type { PlannedJob } from "./job_kinds.ts";
import { type ExpectedOutput, OutputChecker } from "./output_checker.ts";
import type { Server } from "./server.ts";

/** A job of the workload that runs, or has run. */
export class StartedJob {
  /** How far its stored output was looked at. */
  readonly #stored: OutputChecker;

  constructor(
    readonly plan: PlannedJob,
    readonly id: string,
    readonly files: string,
  ) {
    this.#stored = new OutputChecker(this.name, plan);
  }

  get name(): string {
    return `job ${this.id} (${this.plan.key})`;
  }

  /** Looks at the output that came since the last time. @throws {Error} */
  async checkNewOutput(server: Server): Promise<void> {
    await server.ask(async (jobs) => {
      await read(jobs, this.id, this.#stored);
    });
    this.#checkGaps(server, this.#stored);
  }

  /** Reads all of its output, from the first byte, and gives it. @throws {Error} */
  async checkAllOutput(server: Server, job: Job): Promise<OutputChecker> {
    const expected = await this.expected();
    const checker = await server.ask(async (jobs) => {
      const checker = new OutputChecker(this.name, expected);
      await read(jobs, this.id, checker);
      return checker;
    });
    checker.end({ whole: this.isWhole(job) });
    this.#checkGaps(server, checker);
    const { stdout, stderr } = job.bytes;
    if (stdout + stderr !== checker.offset) {
      throw new Error(
        `${this.name}: its record tells ${stdout} + ${stderr} bytes, and there are ${checker.offset}`,
      );
    }
    return checker;
  }

  #checkGaps(server: Server, checker: OutputChecker): void {
    const missing = checker.missingBefore(Infinity);
    if (missing > 0 && !server.diskWasFull) {
      throw new Error(
        `${this.name}: ${missing} bytes are missing, and the disk was never full`,
      );
    }
  }

  /** What it has printed by its end. */
  async expected(): Promise<ExpectedOutput> {
    const { stdout, stderr, ends } = this.plan;
    const count = ends === "when told" ? Number(await this.#endFile()) : null;
    if (count === null) return { stdout, stderr };
    const lines = stdout.split("\n").slice(0, count).map((each) => each + "\n");
    return { stdout: lines.join(""), stderr };
  }

  /** Whether the output must be all that it prints: not when nobody could keep it, or it was killed. */
  isWhole({ state, exit }: Job): boolean {
    if (exit!.detail?.includes("may be missing")) return false;
    return state !== "lost" && this.plan.ends !== "when killed";
  }

  async #endFile(): Promise<string> {
    return await Deno.readTextFile(`${this.files}/${this.plan.key}.end`);
  }

  /** When its main process ended by itself, ms since the epoch; null when it did not. */
  async endedAt(): Promise<number | null> {
    const path = `${this.files}/${this.plan.key}.end`;
    const stat = await Deno.stat(path).catch(() => null);
    return stat?.mtime?.getTime() ?? null;
  }

  /** How it ended is what was expected, or honestly unknown. @throws {Error} */
  async checkEnd(server: Server, job: Job): Promise<void> {
    const { exit, state } = job;
    const told = JSON.stringify({ state, exit });
    if (exit === null) throw new Error(`${this.name}: no exit in ${told}`);
    if (state === "lost") {
      const at = await this.endedAt();
      const unseen = at === null
        ? server.blackouts.length > 0
        : server.wasBlackout(at);
      if (unseen && exit.reason === "lost" && exit.detail) return;
      throw new Error(
        `${this.name}: ${told}, but it ended at ${
          at && new Date(at).toISOString()
        }, and no job host lived only at ${blackouts(server)}`,
      );
    }
    if (!isExpected(this.plan, job)) {
      throw new Error(
        `${this.name}: ${told}, expected ${JSON.stringify(this.plan.end)}`,
      );
    }
  }
}

function isExpected({ end }: PlannedJob, { state, exit }: Job): boolean {
  switch (end.by) {
    case "exit":
      return exit!.code === end.code &&
        state === (end.code === 0 ? "succeeded" : "failed");
    case "signal":
      return exit!.signal === end.signal && state === "failed";
    case "stop":
      return state === "stopped" && exit!.reason === "stopped";
    case "timeout":
      return state === "failed" && exit!.reason === "timeout";
  }
}

/** Reads what there is of the output, from where the checker is. */
async function read(
  jobs: JobClient,
  id: string,
  checker: OutputChecker,
): Promise<void> {
  await using source = await jobs.output(id, { from: checker.offset });
  let problem: unknown = null;
  const decoder = new FrameDecoder({
    output: (piece, { stream, offset }) => {
      // A body that is cut in the middle of a frame is read again from there.
      if (offset !== checker.offset) {
        problem ??= new Error(
          `job ${id}: a piece at offset ${offset} instead of ${checker.offset}`,
        );
      }
      checker.output(stream, piece);
    },
    control: (record) => {
      if (record.type === "gap") checker.gap(record);
    },
  });
  const buffer = new Uint8Array(1 << 18);
  while (await source.ready()) {
    decoder.push(buffer.subarray(0, source.read(buffer)));
    if (problem !== null) throw problem;
  }
}

function blackouts(server: Server): string {
  const time = (ms: number) =>
    ms === Infinity ? "…" : new Date(ms).toISOString();
  return server.blackouts.map(({ from, to }) => `${time(from)} to ${time(to)}`)
    .join(", ");
}
