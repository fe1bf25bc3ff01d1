import { CertificateError, CertificateStoreError } from "../../certs/mod.ts";
import { type ErrorCode, WorkerError } from "../api/errors.ts";
import { StoreError, type StoreErrorCode } from "./store_error.ts";

const STORE_CODES: Record<StoreErrorCode, ErrorCode> = {
  conflict: "CONFLICT",
  compacted: "CONFLICT",
  closed: "UNAVAILABLE",
  in_use: "UNAVAILABLE",
  damaged: "INTERNAL",
  unavailable: "UNAVAILABLE",
  invalid: "INVALID_ARGUMENT",
};

/** What a call to the cluster's authority threw, as it may be told to whoever asked. */
export function workerErrorOf(error: unknown): WorkerError {
  if (error instanceof WorkerError) return error;
  if (error instanceof StoreError) {
    return new WorkerError(STORE_CODES[error.code], error.message, {
      cause: error,
    });
  }
  if (error instanceof CertificateError) {
    return new WorkerError("UNAUTHENTICATED", error.message, { cause: error });
  }
  if (error instanceof CertificateStoreError && error.code === "invalid") {
    return new WorkerError("INVALID_ARGUMENT", error.message, { cause: error });
  }
  return new WorkerError(
    "UNAVAILABLE",
    `the authority can't answer now: ${(error as Error).message}`,
    { cause: error },
  );
}

/** Does something for whoever asked; what goes wrong is told as {@linkcode workerErrorOf} has it. */
export async function told<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw workerErrorOf(error);
  }
}
