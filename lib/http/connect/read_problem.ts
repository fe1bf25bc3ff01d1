import { WorkerError } from "../../api/errors.ts";
import type { StreamResponse } from "./connect_route.ts";

/** More of a problem document is not read. */
const MAX_BYTES = 8 * 1024;

/** Why a node took no stream, as it says itself. */
export async function readProblem(
  { status, body }: StreamResponse,
): Promise<WorkerError> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > MAX_BYTES) break;
  }
  try {
    return WorkerError.fromProblem(JSON.parse(text));
  } catch (cause) {
    return new WorkerError(
      "UNAVAILABLE",
      `the node took no stream: it answered ${status} without saying why`,
      { cause },
    );
  }
}
