import type { Job, JobState } from "../../lib/api/job.ts";
import type { WorkerError } from "../../lib/api/errors.ts";
import { delay } from "../helpers/delay.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { clientFlags } from "../helpers/credentials.ts";
import { WORKER_BIN } from "../helpers/worker.ts";
import { CurlFollower, type Follower, WorkerFollower } from "./follower.ts";
import { type PlannedJob, requestOf } from "./job_kinds.ts";
import type { Random } from "./random.ts";
import type { Server } from "./server.ts";
import { StartedJob } from "./started_job.ts";

/** Jobs that are followed by somebody, of so many. */
const FOLLOWED = 1 / 3;

/** A job, and one of those who follow it. */
export interface Followed {
  job: StartedJob;
  follower: Follower;
}

/** All jobs of a run, who follows them, and when they are started and stopped. */
export class Workload {
  readonly jobs: StartedJob[] = [];
  readonly followers: Followed[] = [];
  readonly #server: Server;
  readonly #random: Random;
  readonly #stops: Promise<unknown>[] = [];

  constructor(server: Server, random: Random) {
    this.#server = server;
    this.#random = random;
  }

  /** Starts a job; which one it is, whatever happens to the request. */
  async start(plan: PlannedJob): Promise<void> {
    const job = plan.input === undefined
      ? await this.#startByRequest(plan)
      : await this.#startByClient(plan, plan.input);
    this.jobs.push(job);
    if (plan.input === undefined && this.#random.next() < FOLLOWED) {
      this.follow(job);
    }
    if (plan.end.by === "stop") {
      const stopped = this.#stopLater(job);
      stopped.catch(() => {});
      this.#stops.push(stopped);
    }
  }

  /** Follows a job by one of the clients, from a logical offset on. */
  follow(job: StartedJob, from = 0): void {
    const { worker, proxy } = this.#server;
    const addr = this.#random.pick([worker.addr, proxy.addr]);
    const { id, name } = job;
    const follower = this.#random.pick([true, false])
      ? new WorkerFollower([
        WORKER_BIN,
        ...clientFlags(worker, worker.admin).with(0, `--addr=${addr}`),
        ...["output", "-f", `--from=${from}`, id],
      ], { name, env: worker.env, from })
      : new CurlFollower((from) => [
        ...["curl", "--silent", "--no-buffer", "--fail"],
        ...["--cacert", worker.admin.cacert, "--cert", worker.admin.cert],
        ...["--key", worker.admin.key],
        `https://${addr}/v1/jobs/${id}/output?follow=true&from=${from}`,
      ], { name, from });
    this.followers.push({ job, follower });
  }

  /** A client vanishes; another one goes on where it was. */
  replaceFollower({ job, follower }: Followed): void {
    follower.kill();
    this.follow(job, job.plan.stderr === "" ? follower.resumeAt : 0);
  }

  async #startByRequest(plan: PlannedJob): Promise<StartedJob> {
    const request = requestOf(plan, this.#server.files);
    const labels = { key: plan.key };
    const id = await waitFor(`${plan.key} to be started`, async () => {
      try {
        const { id } = await this.#server.ask((jobs) => jobs.start(request), {
          again: false,
        });
        return id;
      } catch (error) {
        const { code } = error as WorkerError;
        if (code === "RESOURCE_EXHAUSTED" && this.#server.diskWasFull) return;
        if (code !== "UNAVAILABLE") throw error;
      }
      // The answer was lost, and perhaps the request.
      const [known] = await this.#server.ask((jobs) => jobs.list({ labels }));
      return known?.id;
    }, { timeout: 60_000, interval: 100 });
    return new StartedJob(plan, id, this.#server.files);
  }

  /** By `worker run -i`, which stays. Resolves when the job has its input. */
  async #startByClient(
    plan: PlannedJob,
    input: Uint8Array<ArrayBuffer>,
  ): Promise<StartedJob> {
    const { worker, proxy } = this.#server;
    const addr = this.#random.pick([worker.addr, proxy.addr]);
    const follower = new WorkerFollower([
      WORKER_BIN,
      ...clientFlags(worker, worker.admin).with(0, `--addr=${addr}`),
      ...["run", "-i", `--label=key=${plan.key}`, `--env=KEY=${plan.key}`],
      ...[`--cwd=${this.#server.files}`, "--", "sh", "-c", plan.script],
    ], { name: plan.key, env: worker.env, input });
    const labels = { key: plan.key };
    const id = await waitFor(`${plan.key} to have its input`, async () => {
      const [job] = await this.#server.ask((jobs) => jobs.list({ labels }));
      return job && job.bytes.stdout > input.length && job.id;
    });
    const job = new StartedJob(plan, id, this.#server.files);
    this.followers.push({ job, follower });
    return job;
  }

  async #stopLater(job: StartedJob): Promise<void> {
    await delay(this.#random.int(0, 40_000));
    const grace = this.#random.pick([200, 2_000]);
    await this.#server.ask((jobs) => jobs.stop(job.id, { grace }));
  }

  /** Every byte of output so far is right. @throws {Error} */
  async checkOutput(): Promise<void> {
    for (const job of this.jobs) await job.checkNewOutput(this.#server);
  }

  /** Lets all jobs end; what is wrong with their ends, their output and what was seen of it. */
  async finish(): Promise<string[]> {
    const problems: string[] = [];
    for (const [job, record] of await this.#end()) {
      try {
        await job.checkEnd(this.#server, record);
        const stored = await job.checkAllOutput(this.#server, record);
        for (const { job: followed, follower } of this.followers) {
          if (followed !== job) continue;
          await waitFor(`${follower.name} to end`, () => follower.ended);
          follower.check(stored, record);
        }
      } catch (error) {
        problems.push((error as Error).message);
      }
    }
    if (problems.length > 0) await this.abandon();
    return problems;
  }

  async #end(): Promise<Map<StartedJob, Job>> {
    await Deno.writeTextFile(`${this.#server.files}/go`, "");
    await Promise.all(this.#stops);
    const states: JobState[] = ["pending", "running", "stopping"];
    await waitFor("all jobs to end", async () => {
      const left = await this.#server.ask((jobs) =>
        jobs.list({ state: states })
      );
      return left.length === 0;
    }, { timeout: 180_000, interval: 250 });
    const records = await this.#server.ask((jobs) => jobs.list());
    const byId = new Map(records.map((each) => [each.id, each]));
    return new Map(this.jobs.map((job) => {
      const record = byId.get(job.id);
      if (record) return [job, record];
      throw new Error(`${job.name} is gone`);
    }));
  }

  /** Ends all clients. */
  async abandon(): Promise<void> {
    for (const { follower } of this.followers) follower.kill();
    await Promise.allSettled(this.#stops);
    await Promise.all(this.followers.map(({ follower }) => follower.done));
  }
}
