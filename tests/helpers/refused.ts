import { equal, match, ok } from "node:assert/strict";
import { type ErrorCode, WorkerError } from "../../lib/api/errors.ts";

/** For `rejects`: a `WorkerError` with this code and a message like this. */
export function refused(
  code: ErrorCode,
  message: RegExp,
): (error: unknown) => true {
  return (error) => {
    ok(error instanceof WorkerError, String(error));
    equal(error.code, code);
    match(error.message, message);
    return true;
  };
}
