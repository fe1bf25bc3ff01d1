import { getLogger } from "@logtape/logtape";
import { HTTPException } from "hono/http-exception";
import { PROBLEM_MEDIA_TYPE, WorkerError } from "../../api/errors.ts";
import type { AppContext } from "../env.ts";

const logger = getLogger(["worker", "http"]);

/** Any error as `application/problem+json`. What nobody expected is logged and tells no detail. */
export function problemResponse(error: Error, c: AppContext): Response {
  const problem = toWorkerError(error, c);
  c.var.audit?.failed(problem);
  const headers = { "content-type": PROBLEM_MEDIA_TYPE };
  return c.body(
    JSON.stringify(problem.toProblem()) + "\n",
    problem.status,
    headers,
  );
}

function toWorkerError(error: Error, c: AppContext): WorkerError {
  if (error instanceof WorkerError) return error;
  if (error instanceof HTTPException && error.status < 500) {
    return new WorkerError("INVALID_ARGUMENT", error.message);
  }
  if (c.req.raw.signal.aborted) {
    return new WorkerError("UNAVAILABLE", "the request was aborted");
  }
  logger.error`${c.req.method} ${c.req.path} failed: ${
    error.stack ?? error.message
  }`;
  return new WorkerError("INTERNAL", "the server failed; its log says why");
}
