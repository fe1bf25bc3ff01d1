import { signalName } from "../lib/api/signals.ts";

/** `term`, `SIGTERM` and `15` are all `SIGTERM`; the server says what is not a signal. */
export function signalOf(text: string): string {
  if (/^\d{1,2}$/.test(text)) return signalName(Number(text));
  const upper = text.toUpperCase();
  return upper.startsWith("SIG") ? upper : `SIG${upper}`;
}
