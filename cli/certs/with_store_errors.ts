import {
  CertificateError,
  type CertificateStoreCode,
  CertificateStoreError,
} from "../../certs/errors.ts";
import { type ErrorCode, WorkerError } from "../../lib/api/errors.ts";

const CODES: Record<CertificateStoreCode, ErrorCode> = {
  exists: "CONFLICT",
  not_found: "NOT_FOUND",
  invalid: "INVALID_ARGUMENT",
  damaged: "INVALID_ARGUMENT",
};

/** Runs a task on certificates and gives its errors the codes of the command line. */
export async function withStoreErrors<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    throw asWorkerError(cause);
  }
}

function asWorkerError(cause: unknown): unknown {
  if (cause instanceof CertificateStoreError) {
    return new WorkerError(CODES[cause.code], cause.message, { cause });
  }
  if (cause instanceof CertificateError) {
    return new WorkerError("INVALID_ARGUMENT", cause.message, { cause });
  }
  if (cause instanceof Deno.errors.NotFound) {
    return new WorkerError("NOT_FOUND", `${cause.message}: check the path`, {
      cause,
    });
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return new WorkerError(
      "PERMISSION_DENIED",
      `${cause.message}: run this as the user who runs the server, or name another directory`,
      { cause },
    );
  }
  return cause;
}
