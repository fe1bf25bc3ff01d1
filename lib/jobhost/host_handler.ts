import type { IncomingMessage, ServerResponse } from "node:http";
import { getLogger } from "@logtape/logtape";
import { WorkerError } from "../api/errors.ts";
import { problemHead } from "../http/response/problem_head.ts";
import { HostExchange } from "./host_exchange.ts";
import { hostRoutes, type HostServices } from "./host_routes.ts";
import { type HostedJobs, jobRoutes } from "./job_routes.ts";
import { LogFeeds, type LogSource } from "./log_feeds.ts";
import { logRoutes } from "./log_routes.ts";

const logger = getLogger(["worker", "jobhost"]);

/** A method and a path, whose group is the id of a job, with what answers it. */
export type Route = [
  method: string,
  path: RegExp,
  answer: (exchange: HostExchange, id: string) => Promise<void> | void,
];

/**
 * The API of the job host, on its unix socket: that of jobs as the public API has it, without output,
 * and the job host's own. Who may connect may do everything; the daemon has asked already whether the
 * user may.
 *
 * It has no use for the framework of the public API, which would take a third of its memory.
 */
export function createHostHandler(
  jobs: HostedJobs & LogSource,
  host: HostServices,
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  const feeds = new LogFeeds(jobs);
  const routes = [
    ...jobRoutes(jobs, { host, feeds }),
    ...logRoutes(feeds),
    ...hostRoutes(host),
  ];
  return async (incoming, outgoing) => {
    const exchange = new HostExchange(incoming, outgoing);
    try {
      host.takeOver();
      await dispatch(exchange, { routes, host });
    } catch (error) {
      fail(exchange, error);
    }
  };
}

async function dispatch(
  exchange: HostExchange,
  { routes, host }: { routes: readonly Route[]; host: HostServices },
): Promise<void> {
  for (const [method, path, answer] of routes) {
    const match = method === exchange.method && path.exec(exchange.path);
    if (!match) continue;
    const id = decodeURIComponent(match[1] ?? "");
    if (host.isElsewhere(id)) {
      throw new WorkerError(
        "UNAVAILABLE",
        `job "${id}" is with a job host that was replaced`,
      );
    }
    return await answer(exchange, id);
  }
  throw new WorkerError(
    "NOT_FOUND",
    `there is no "${exchange.method} ${exchange.path}" here`,
  );
}

function fail({ outgoing, closed, path }: HostExchange, error: unknown): void {
  // The peer that is gone has seen it itself, and nobody is there to answer.
  if (closed.aborted || isReset(error)) return;
  // Who reads a stream learns from the missing end.
  if (outgoing.headersSent) return void outgoing.destroy();
  if (!(error instanceof WorkerError)) {
    const { stack = error } = error as Error;
    logger.error`${path} failed: ${stack}`;
  }
  const problem = problemHead(
    error instanceof WorkerError
      ? error
      : new WorkerError("INTERNAL", "the job host failed; its log says why"),
  );
  outgoing.writeHead(problem.status, problem.headers);
  outgoing.end(problem.body);
}

/** A body that was cut rejects before the answer is known to have nobody to go to. */
function isReset(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ECONNRESET";
}
