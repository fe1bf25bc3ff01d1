import type { Job } from "../../lib/api/job.ts";
import type { OutputLineRecord } from "../../lib/api/ndjson.ts";
import { exitCodeOfJob } from "../../cli/exit_codes.ts";
import { delay } from "../helpers/delay.ts";
import { concat } from "../helpers/jobs.ts";
import { ClientProcess } from "./client_process.ts";
import type { OutputChecker, Positions } from "./output_checker.ts";

/** What somebody saw of a job who follows it, in a process of its own. */
export interface Follower {
  /** For messages. */
  readonly name: string;
  /** Resolves when it has seen the end, or was killed. */
  readonly done: Promise<void>;
  readonly ended: boolean;
  readonly killed: boolean;
  /** Bytes of each stream so far. */
  readonly bytes: Positions;
  /** Where another one may go on, a logical offset; 0 is always right. */
  readonly resumeAt: number;
  kill(): void;
  /** It saw what is stored, each byte once, and told how the job ended. @throws {Error} */
  check(stored: OutputChecker, job: Job): void;
}

/** What is the same for all kinds. */
abstract class BaseFollower implements Follower {
  readonly name: string;
  killed = false;
  ended = false;
  protected readonly pieces = {
    stdout: [] as Uint8Array[],
    stderr: [] as Uint8Array[],
  };
  protected process: ClientProcess | null = null;
  #from: number;

  constructor(name: string, from: number) {
    this.name = name;
    this.#from = from;
  }

  abstract readonly done: Promise<void>;
  abstract readonly resumeAt: number;
  protected abstract checkEnd(job: Job): void;

  get bytes(): Positions {
    const count = (pieces: Uint8Array[]) =>
      pieces.reduce((sum, { length }) => sum + length, 0);
    const { stdout, stderr } = this.pieces;
    return { stdout: count(stdout), stderr: count(stderr) };
  }

  protected get from(): number {
    return this.#from;
  }

  kill(): void {
    this.killed = true;
    this.process?.kill();
  }

  check(stored: OutputChecker, job: Job): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const seen = concat(this.pieces[stream]);
      const all = concat(stored.pieces[stream]);
      // Only jobs with one stream are followed from elsewhere than the start.
      const from = this.from - stored.missingBefore(this.from);
      const kept = stream === "stdout" ? all.subarray(from) : all;
      const wrong = seen.findIndex((byte, i) => byte !== kept[i]);
      const end = this.killed ? seen.length : kept.length;
      if (wrong < 0 && seen.length === end) continue;
      throw new Error(
        `${this.name} saw ${seen.length} bytes of ${stream}, and ${kept.length} are stored; ` +
          (wrong < 0 ? "so far they are the same" : `byte ${wrong} differs`) +
          ` (from ${this.from})${this.killed ? ", killed" : ""}`,
      );
    }
    if (!this.killed) this.checkEnd(job);
  }
}

/** `worker output -f`, or `worker run -i`, which goes on by itself when its connection breaks. */
export class WorkerFollower extends BaseFollower {
  readonly done: Promise<void>;
  #code = 0;
  #hints: string[] = [];

  constructor(
    command: readonly string[],
    options: {
      name: string;
      env: Record<string, string>;
      from?: number;
      input?: Uint8Array<ArrayBuffer>;
    },
  ) {
    super(`${options.name} (worker)`, options.from ?? 0);
    this.done = this.#follow(command, options).then(() =>
      void (this.ended = true)
    );
  }

  get resumeAt(): number {
    const { stdout, stderr } = this.bytes;
    return stderr > 0 || this.#missed ? 0 : this.from + stdout;
  }

  get #missed(): boolean {
    return this.#hints.some((hint) => hint.includes("are missing here"));
  }

  async #follow(
    command: readonly string[],
    { env, input }: {
      env: Record<string, string>;
      input?: Uint8Array<ArrayBuffer>;
    },
  ): Promise<void> {
    do {
      if (this.#code === 255) await delay(200);
      this.#hints = [];
      this.process = new ClientProcess(command, {
        env,
        ...input && { input },
        stdout: (bytes) => this.pieces.stdout.push(bytes),
        stderr: (bytes) => this.#takeStderr(bytes),
      });
      this.#code = await this.process.ended;
      // That nobody answers at first is for its user to know.
    } while (this.#code === 255 && !this.killed && this.#sawNothing);
  }

  get #sawNothing(): boolean {
    const { stdout, stderr } = this.bytes;
    return stdout + stderr === 0;
  }

  /** Its own hints come whole, and between those of the job. */
  #takeStderr(bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    const own = /^worker: .*\n/gm;
    this.#hints.push(...text.match(own) ?? []);
    const rest = text.replaceAll(own, "");
    if (rest) this.pieces.stderr.push(new TextEncoder().encode(rest));
  }

  protected checkEnd({ exit }: Job): void {
    const expected = exitCodeOfJob(exit!);
    if (this.#code === expected) return;
    throw new Error(
      `${this.name} exited with ${this.#code}, expected ${expected}; it said: ${
        this.#hints.join("")
      }`,
    );
  }
}

/** curl, which is called again with the offset that it has reached. */
export class CurlFollower extends BaseFollower {
  readonly done: Promise<void>;
  #offset: number;
  #partial = "";
  #end: (OutputLineRecord & { type: "end" }) | null = null;
  #problem: Error | null = null;

  /** @param command Gives the words that print the output from an offset on. */
  constructor(
    command: (from: number) => readonly string[],
    { name, from = 0 }: { name: string; from?: number },
  ) {
    super(`${name} (curl)`, from);
    this.#offset = from;
    this.done = this.#follow(command).then(() => void (this.ended = true));
  }

  get resumeAt(): number {
    return this.bytes.stderr > 0 ? 0 : this.#offset;
  }

  async #follow(command: (from: number) => readonly string[]): Promise<void> {
    while (!this.killed && this.#end === null && this.#problem === null) {
      this.#partial = "";
      const decoder = new TextDecoder();
      this.process = new ClientProcess(command(this.#offset), {
        env: {},
        stdout: (bytes) => this.#take(decoder.decode(bytes, { stream: true })),
        stderr: () => {},
      });
      await this.process.ended;
      if (this.#end === null) await delay(200);
    }
  }

  #take(text: string): void {
    const lines = (this.#partial + text).split("\n");
    this.#partial = lines.pop()!;
    for (const line of lines) this.#takeRecord(line);
  }

  #takeRecord(line: string): void {
    const record = JSON.parse(line) as OutputLineRecord & { code?: string };
    if (record.type === "output") {
      const bytes = new TextEncoder().encode(record.data);
      if (record.offset !== this.#offset) {
        this.#problem = new Error(
          `${this.name}: offset ${record.offset} comes after ${this.#offset}`,
        );
      }
      this.pieces[record.stream].push(bytes);
      this.#offset = record.offset + bytes.length;
    } else if (record.type === "gap") {
      this.#offset = record.to;
    } else if (record.type === "end") {
      this.#end = record;
    }
  }

  protected checkEnd({ state, exit }: Job): void {
    if (this.#problem) throw this.#problem;
    const seen = JSON.stringify([this.#end?.state, this.#end?.exit]);
    if (seen === JSON.stringify([state, exit])) return;
    throw new Error(
      `${this.name} was told the end ${seen}, and the job says ${
        JSON.stringify([state, exit])
      }`,
    );
  }
}
