/** What a store refuses. The values are stable. */
export type StoreErrorCode =
  /** Somebody else changed the value: read it again. */
  | "conflict"
  /** What is asked for is too far back: list, then watch from there. */
  | "compacted"
  /** The store was closed. */
  | "closed"
  /** Another process has the store. */
  | "in_use"
  /** The store holds something that this program cannot read. */
  | "damaged"
  /** The disk or the database refused. */
  | "unavailable"
  /** A key, value or time that cannot be used. */
  | "invalid";

/** An operation on a store that was refused; nothing was changed. */
export class StoreError extends Error {
  /** Always `StoreError`. */
  override readonly name = "StoreError";

  /** `code` is for programs, `message` for people. */
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
