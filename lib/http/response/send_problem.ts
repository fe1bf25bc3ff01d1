import type { ServerResponse } from "node:http";
import type { WorkerError } from "../../api/errors.ts";
import type { Outgoing } from "../listener/listener_options.ts";
import { problemHead } from "./problem_head.ts";

/** Answers with a problem document, below the routes. */
export function sendProblem(
  outgoing: Outgoing,
  error: WorkerError,
  status: number = error.status,
): void {
  const problem = problemHead(error, status);
  const response = outgoing as ServerResponse;
  response.writeHead(problem.status, problem.headers);
  response.end(problem.body);
}
