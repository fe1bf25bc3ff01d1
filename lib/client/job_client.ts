import { FRAMES_MEDIA_TYPE } from "../api/frame.ts";
import type { Job, JobRequest } from "../api/job.ts";
import type {
  GetOptions,
  JobFilter,
  JobService,
  OutputOptions,
  OutputSource,
  StopOptions,
  WaitOptions,
} from "../api/job_service.ts";
import { newStartKey, START_KEY_HEADER } from "../api/start_key.ts";
import { answerText } from "./answer.ts";
import { BodyReader } from "./body_reader.ts";
import { BodySource } from "./body_source.ts";
import { call, post, send } from "./call.ts";
import { readJsonLines } from "./lines.ts";
import { jobPath, queryOf } from "./paths.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** How output comes: stored frames, or one JSON record a line. */
export type OutputFormat = "frames" | "ndjson";

const MEDIA_TYPE: Record<OutputFormat, string> = {
  frames: FRAMES_MEDIA_TYPE,
  ndjson: "application/x-ndjson",
};

/** Options of the calls that answer with output. `signal` gives up the output too. */
export interface RunOptions extends WaitOptions {
  /** How output comes. @default {"frames"} */
  format?: OutputFormat;
}

/** Options of the calls that start a job. */
export interface StartKey {
  /**
   * Makes the start repeatable, see `StartOptions.key`: a connection that is cut before the answer is
   * no failure then. @default one of its own
   */
  key?: string | undefined;
}

/** Options of a {@linkcode JobClient}. */
export interface JobClientOptions {
  /** Called with the text of each JSON answer as it was received. */
  received?: (text: string) => void;
}

/** `JobService` over HTTP. The owner of a job is who the transport's certificate says. */
export class JobClient implements JobService {
  readonly #transport: Transport;
  readonly #received: (text: string) => void;

  /** The transport stays the caller's: dispose it when the client is of no more use. */
  constructor(transport: Transport, options: JobClientOptions = {}) {
    this.#transport = transport;
    this.#received = options.received ?? (() => {});
  }

  /** The server as people write it. */
  get address(): string {
    return this.#transport.address;
  }

  start(request: JobRequest, options: StartKey = {}): Promise<Job> {
    return this.#call("/v1/jobs", startRequest(request, options));
  }

  get(id: string, { wait = false, signal }: GetOptions = {}): Promise<Job> {
    return this.#call(jobPath(id) + queryOf({ wait: wait || undefined }), {
      ...(signal && { signal }),
      ...(wait && { answerWithin: Infinity }),
    });
  }

  list(filter: JobFilter = {}): Promise<Job[]> {
    return this.#call("/v1/jobs" + filterQuery(filter));
  }

  async *watch(
    filter: JobFilter,
    { signal }: WaitOptions = {},
  ): AsyncGenerator<Job> {
    const path = "/v1/jobs" + filterQuery(filter, true);
    const response = await this.#send(path, { ...(signal && { signal }) });
    const records = readJsonLines<{ type: "job" } & Job>(response.body, {
      ...(signal && { signal }),
    });
    for await (const record of records) {
      const { type: _, ...job } = record;
      yield job;
    }
  }

  stop(id: string, options: StopOptions = {}): Promise<Job> {
    const { name = "SIGTERM", grace = 10_000, signal } = options;
    return this.#call(jobPath(id, "stop"), {
      ...post({ signal: name, grace: `${grace}ms` }),
      repeatable: true,
      ...(signal && { signal }),
      answerWithin: Infinity,
    });
  }

  signal(id: string, name: string): Promise<Job> {
    return this.#call(jobPath(id, "signal"), post({ signal: name }));
  }

  pause(id: string): Promise<Job> {
    return this.#call(jobPath(id, "pause"), {
      method: "POST",
      repeatable: true,
    });
  }

  resume(id: string): Promise<Job> {
    return this.#call(jobPath(id, "resume"), {
      method: "POST",
      repeatable: true,
    });
  }

  async remove(id: string): Promise<void> {
    const response = await this.#send(jobPath(id), { method: "DELETE" });
    await answerText(response, this.address);
  }

  async output(
    id: string,
    options: OutputOptions = {},
  ): Promise<OutputSource> {
    return new BodySource(await this.outputBody(id, options));
  }

  /** The output as the bytes of the response, in either format. */
  async outputBody(
    id: string,
    options: OutputOptions & RunOptions = {},
  ): Promise<BodyReader> {
    const { format = "frames", signal, follow, ...rest } = options;
    const query = queryOf({ follow: follow || undefined, ...rest, format });
    const response = await this.#send(jobPath(id, "output") + query, {
      headers: { accept: MEDIA_TYPE[format] },
      ...(signal && { signal }),
    });
    return new BodyReader(response.body);
  }

  /** Starts a job and opens its output in one call: a `job` record comes first. */
  async run(
    request: JobRequest,
    { format = "frames", signal, ...options }: RunOptions & StartKey = {},
  ): Promise<BodyReader> {
    const init = startRequest(request, options);
    const response = await this.#send("/v1/run", {
      ...init,
      headers: { ...init.headers, accept: MEDIA_TYPE[format] },
      ...(signal && { signal }),
    });
    return new BodyReader(response.body);
  }

  input(
    id: string,
    data: AsyncIterable<Uint8Array>,
    { signal }: WaitOptions = {},
  ): Promise<Job> {
    return this.#call(jobPath(id, "input"), {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: ReadableStream.from(data as AsyncIterable<Uint8Array<ArrayBuffer>>),
      ...(signal && { signal }),
      answerWithin: Infinity,
    });
  }

  async #call<T>(path: string, request: TransportRequest = {}): Promise<T> {
    const { value, text } = await call<T>(this.#transport, path, request);
    this.#received(text);
    return value;
  }

  #send(path: string, request: TransportRequest): Promise<Response> {
    return send(this.#transport, path, request);
  }
}

function startRequest(
  request: JobRequest,
  { key = newStartKey() }: StartKey,
) {
  const { headers, ...init } = post(request);
  return {
    ...init,
    headers: { ...headers, [START_KEY_HEADER]: key },
    repeatable: true,
  };
}

function filterQuery(filter: JobFilter, watch = false): string {
  const { state, labels, ...rest } = filter;
  return queryOf({
    ...rest,
    state: state?.join(","),
    label: Object.entries(labels ?? {}).map(([key, value]) =>
      `${key}=${value}`
    ),
    watch: watch || undefined,
  });
}
