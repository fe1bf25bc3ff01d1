import { WorkerError } from "../api/errors.ts";
import { connectionError } from "./connection_error.ts";

/**
 * The text of an answer's body.
 *
 * @throws {WorkerError} `UNAVAILABLE` when the body is cut.
 */
export async function answerText(
  response: Response,
  address: string,
): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw connectionError(error, address);
  }
}

/** The error that a refusal carries as its problem document. */
export async function refusal(
  response: Response,
  address: string,
): Promise<WorkerError> {
  const text = await answerText(response, address);
  try {
    return WorkerError.fromProblem(JSON.parse(text));
  } catch (cause) {
    return new WorkerError(
      "INTERNAL",
      `"${address}" answered ${response.status} without a problem document: ` +
        "is it a worker server?",
      { cause },
    );
  }
}

/**
 * An answer of the server as a value.
 *
 * @throws {WorkerError} `INTERNAL` when it is not JSON.
 */
export function parseAnswer<T>(text: string, address: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new WorkerError(
      "INTERNAL",
      `"${address}" answered something that is not JSON: is it a worker server?`,
      { cause },
    );
  }
}
