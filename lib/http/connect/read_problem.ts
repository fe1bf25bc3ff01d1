import { WorkerError } from "../../api/errors.ts";
import type { PassedResponse } from "../forwarding/node_router.ts";

/** A longer problem document is none. */
const MAX_BYTES = 8 * 1024;

/** Why a node took no stream, as it says itself. */
export async function readProblem(
  { status, body }: Pick<PassedResponse, "status" | "body">,
): Promise<WorkerError> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    await body.pass((bytes) => {
      text += decoder.decode(bytes, { stream: true });
      if (text.length > MAX_BYTES) throw new RangeError("it is too long");
      return undefined;
    });
    return WorkerError.fromProblem(JSON.parse(text));
  } catch (cause) {
    return new WorkerError(
      "UNAVAILABLE",
      `the node took no stream: it answered ${status} without saying why`,
      { cause },
    );
  }
}
