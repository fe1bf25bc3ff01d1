import { bodyLimit } from "hono/body-limit";
import { WorkerError } from "../../api/errors.ts";

const MAX_BODY_BYTES = 2 ** 20;

/** No request but the input of a job needs more; `execve(2)` takes 2 MiB at most. */
export const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new WorkerError(
      "INVALID_ARGUMENT",
      "the request body is larger than 1 MiB",
    );
  },
});
