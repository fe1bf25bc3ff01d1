import { parseDuration } from "../api/duration.ts";
import { WorkerError } from "../api/errors.ts";
import type { Job, JobSpec } from "../api/job.ts";
import type {
  JobFilter,
  JobService,
  StartOptions,
} from "../api/job_service.ts";
import { START_KEY_HEADER } from "../api/start_key.ts";
import { parseFilter } from "../http/job_filter.ts";
import type { HostExchange } from "./host_exchange.ts";
import type { Route } from "./host_handler.ts";
import type { HostServices } from "./host_routes.ts";
import type { LogFeeds } from "./log_feeds.ts";
import { OWNER_HEADER } from "./owner_header.ts";

/** The jobs of a job host; what a daemon sends has been checked by it. */
export interface HostedJobs extends JobService {
  startSpec(spec: JobSpec, options: StartOptions): Promise<Job>;
  startedWith(spec: JobSpec, options: StartOptions): Job | null;
}

/** `JobService` for a daemon. */
export function jobRoutes(
  jobs: HostedJobs,
  { host, feeds }: { host: HostServices; feeds: LogFeeds },
): Route[] {
  const start = async (exchange: HostExchange) => {
    const options = startOptions(exchange);
    // One that has ended in this moment may have made this start before.
    if (options.key !== undefined) host.takeOver();
    using _ = host.admit();
    return await jobs.startSpec(await exchange.json() as JobSpec, options);
  };
  return [
    ["POST", /^\/v1\/jobs$/, async (exchange) => {
      const job = await start(exchange);
      const reader = exchange.query.get("reader");
      if (reader === null) return exchange.answer(job, 201);
      await feeds.send(exchange, { id: job.id, reader, first: job });
    }],
    ["POST", /^\/v1\/started$/, async (exchange) => {
      const options = startOptions(exchange);
      const spec = await exchange.json() as JobSpec;
      exchange.answer(jobs.startedWith(spec, options));
    }],
    ["GET", /^\/v1\/jobs$/, async (exchange) => {
      const filter = filterOf(exchange.query);
      if (exchange.query.get("watch") !== "true") {
        return exchange.answer(await jobs.list(filter));
      }
      await exchange.stream(jobs.watch(filter, { signal: exchange.closed }));
    }],
    ["GET", /^\/v1\/jobs\/([^/]+)$/, async (exchange, id) => {
      const wait = exchange.query.get("wait") === "true";
      exchange.answer(await jobs.get(id, { wait, signal: exchange.closed }));
    }],
    ["DELETE", /^\/v1\/jobs\/([^/]+)$/, async (exchange, id) => {
      exchange.answer(await jobs.remove(id));
    }],
    ["POST", /^\/v1\/jobs\/([^/]+)\/stop$/, async (exchange, id) => {
      const { signal: name, grace } = await textsOf(exchange);
      const job = await jobs.stop(id, {
        ...(name !== undefined && { name }),
        ...(grace !== undefined && { grace: parseDuration(grace) }),
        signal: exchange.closed,
      });
      exchange.answer(job);
    }],
    ["POST", /^\/v1\/jobs\/([^/]+)\/signal$/, async (exchange, id) => {
      const { signal = "" } = await textsOf(exchange);
      exchange.answer(await jobs.signal(id, signal));
    }],
    ["POST", /^\/v1\/jobs\/([^/]+)\/pause$/, async (exchange, id) => {
      exchange.answer(await jobs.pause(id));
    }],
    ["POST", /^\/v1\/jobs\/([^/]+)\/resume$/, async (exchange, id) => {
      exchange.answer(await jobs.resume(id));
    }],
    ["POST", /^\/v1\/jobs\/([^/]+)\/input$/, async (exchange, id) => {
      const data = exchange.incoming as AsyncIterable<Uint8Array>;
      exchange.answer(await jobs.input(id, data, { signal: exchange.closed }));
    }],
  ];
}

/** In whose name a job is started. */
function startOptions({ incoming: { headers } }: HostExchange): StartOptions {
  const owner = headers[OWNER_HEADER];
  if (typeof owner !== "string") {
    throw new WorkerError("INVALID_ARGUMENT", "a job needs an owner");
  }
  const key = headers[START_KEY_HEADER];
  return {
    owner: decodeURIComponent(owner),
    ...(typeof key === "string" && { key }),
  };
}

/** The fields of a body that are texts. */
async function textsOf(
  exchange: HostExchange,
): Promise<Record<string, string>> {
  const fields = Object.entries(await exchange.json() ?? {});
  return Object.fromEntries(
    fields.filter(([, value]) => typeof value === "string"),
  );
}

function filterOf(query: URLSearchParams): JobFilter {
  const limit = query.get("limit");
  return parseFilter({
    state: query.get("state") ?? undefined,
    owner: query.get("owner") ?? undefined,
    label: query.getAll("label"),
    limit: limit === null ? undefined : Number(limit),
    after: query.get("after") ?? undefined,
  });
}
