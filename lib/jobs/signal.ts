import { WorkerError } from "../api/errors.ts";
import { type SignalName, SIGNALS } from "../api/signals.ts";

/** A signal by name, with or without `SIG`. @throws {WorkerError} `INVALID_ARGUMENT` */
export function parseSignal(text: string): SignalName {
  const name = text.toUpperCase().replace(/^(?!SIG)/, "SIG");
  if (Object.hasOwn(SIGNALS, name)) return name as SignalName;
  throw new WorkerError(
    "INVALID_ARGUMENT",
    `"${text}" is not a signal: write for example "SIGTERM" or "HUP"`,
  );
}
