import type { Job, JobSpec } from "../api/job.ts";
import type { JobStatistics } from "../api/job_statistics.ts";
import type { StartOptions } from "../api/job_service.ts";
import { START_KEY_HEADER } from "../api/start_key.ts";
import { call, post } from "../client/call.ts";
import type { WorkerError } from "../api/errors.ts";
import { JobClient } from "../client/job_client.ts";
import { readJsonLines } from "../client/lines.ts";
import { refusal } from "../client/answer.ts";
import type { TransportRequest } from "../client/transport.ts";
import type { LogChange } from "../jobs/log_change.ts";
import {
  type HostInfo,
  type HostSettings,
  type Retirement,
  settingsToWire,
} from "./host_api.ts";
import { OWNER_HEADER } from "./owner_header.ts";
import { HostTransport, HostUnreachableError } from "./host_transport.ts";

/**
 * A daemon's hold on one job host. The request that attached it stays open, so each side learns at
 * once, from the kernel, when the other is gone.
 */
export class HostLink implements AsyncDisposable {
  /** Jobs of this job host; to start one, `start` says in whose name. */
  readonly jobs: JobClient;
  /** Resolves when the job host is gone. */
  readonly gone: Promise<void>;
  /** It is there and does not answer, see `feelPulse`. */
  silent = false;
  #lost = false;

  private constructor(
    readonly transport: HostTransport,
    /** What the job host said of itself when this was attached. */
    readonly info: HostInfo,
    readonly hold: { records: AsyncIterator<HostInfo>; end: AbortController },
  ) {
    this.jobs = new JobClient(transport);
    this.gone = this.#awaitEnd();
  }

  /**
   * Attaches to the job host at a socket; it takes the settings over.
   *
   * @throws {HostUnreachableError} when none answers, or `signal` ends the attempt.
   */
  static async attach(
    socket: string,
    settings: HostSettings = {},
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<HostLink> {
    const transport = new HostTransport(socket);
    // One that is stopped may never answer.
    const giveUp = () => transport[Symbol.dispose]();
    signal?.addEventListener("abort", giveUp);
    try {
      signal?.throwIfAborted();
      const response = await transport.fetch("/v1/host/attach", {
        method: "POST",
        body: JSON.stringify(settingsToWire(settings)),
      });
      if (!response.ok) throw await refusal(response, transport.address);
      const end = new AbortController();
      const records = readJsonLines<HostInfo>(response.body, end);
      const { value, done } = await records.next();
      if (done) {
        throw new HostUnreachableError("the job host hung up", false);
      }
      return new HostLink(transport, value, { records, end });
    } catch (error) {
      transport[Symbol.dispose]();
      throw error;
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  /** Whether the job host is known to be gone. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Whether it is the one that has the job, though others take new ones. */
  owns(id: string): boolean {
    return this.info.own?.includes(id) ?? false;
  }

  /**
   * Asks whether it lets a question wait for so many ms. One that is gone does not: it refuses at once,
   * and `gone` tells.
   */
  async hangs(
    { within, signal }: { within: number; signal: AbortSignal },
  ): Promise<boolean> {
    const late = AbortSignal.timeout(within);
    try {
      const response = await this.transport.fetch("/v1/host", {
        answerWithin: Infinity,
        signal: AbortSignal.any([signal, late]),
      });
      await response.body?.cancel();
      return false;
    } catch {
      return late.aborted;
    }
  }

  /** What it has counted; null when it is of a build that can't tell. */
  async statistics(): Promise<JobStatistics | null> {
    const response = await this.transport.fetch("/v1/host/statistics");
    if (response.status === 404) {
      await response.body?.cancel();
      return null;
    }
    if (!response.ok) throw await refusal(response, this.transport.address);
    return await response.json();
  }

  /** Starts a job. */
  async start(spec: JobSpec, options: StartOptions): Promise<Job> {
    return (await call<Job>(
      this.transport,
      "/v1/jobs",
      startRequest(spec, options),
    )).value;
  }

  /** The job that the same start has led to there; null when there is none, or it can't be asked. */
  async startedWith(
    spec: JobSpec,
    options: StartOptions & { within: number },
  ): Promise<Job | null> {
    try {
      const { value } = await call<Job | null>(this.transport, "/v1/started", {
        ...startRequest(spec, options),
        answerWithin: options.within,
      });
      return value;
    } catch (error) {
      const { code } = error as Partial<WorkerError>;
      // It has ended, hangs, or is of a build that does not know the question.
      if (code === "UNAVAILABLE" || code === "NOT_FOUND") return null;
      throw error;
    }
  }

  /** How the log of a job grows, for a reader of that name. */
  async log(
    id: string,
    { reader, signal }: { reader: string; signal: AbortSignal },
  ): Promise<AsyncGenerator<LogChange>> {
    const path = `/v1/jobs/${encodeURIComponent(id)}/log?reader=${reader}`;
    return readJsonLines(await this.#stream(path, { signal }), { signal });
  }

  /** The same; what comes is the job, and then how its log grows. */
  async startFollowed(
    spec: JobSpec,
    options: StartOptions & { reader: string; signal: AbortSignal },
  ): Promise<AsyncGenerator<Job | LogChange>> {
    const { reader, signal } = options;
    const body = await this.#stream(`/v1/jobs?reader=${reader}`, {
      ...startRequest(spec, options),
      signal,
    });
    return readJsonLines(body, { signal });
  }

  async #stream(
    path: string,
    request: TransportRequest,
  ): Promise<Response["body"]> {
    const response = await this.transport.fetch(path, request);
    if (!response.ok) throw await refusal(response, this.transport.address);
    return response.body;
  }

  /** Says how far a reader of a log is; null when it does not read. */
  async tellProgress(
    id: string,
    progress: { reader: string; offset: number | null },
  ): Promise<void> {
    const path = `/v1/jobs/${encodeURIComponent(id)}/log/progress`;
    const response = await this.transport.fetch(path, {
      method: "POST",
      body: JSON.stringify(progress),
    });
    await response.body?.cancel();
  }

  /** Asks it to make room for another build. */
  async retire(): Promise<Retirement> {
    const response = await this.transport.fetch("/v1/host/retire", {
      method: "POST",
    });
    if (!response.ok) throw await refusal(response, this.transport.address);
    return await response.json();
  }

  async #awaitEnd(): Promise<void> {
    try {
      while (!(await this.hold.records.next()).done);
    } catch {
      // It was killed, which ends the body as well.
    }
    this.#lost = true;
  }

  /** Lets go; requests that are under way fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.hold.end.abort();
    this.transport[Symbol.dispose]();
    await this.gone;
  }
}

function startRequest(spec: JobSpec, { owner, key }: StartOptions) {
  const request = post(spec);
  return {
    ...request,
    headers: {
      ...request.headers,
      [OWNER_HEADER]: encodeURIComponent(owner),
      ...(key !== undefined && { [START_KEY_HEADER]: key }),
    },
  };
}
