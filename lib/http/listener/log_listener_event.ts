import { getLogger } from "@logtape/logtape";
import type { ListenerEvent } from "./listener_event.ts";

const logger = getLogger(["worker", "listener"]);

/** Writes what happened at the listener to the log: peers' faults quietly, our own loudly. */
export function logListenerEvent(event: ListenerEvent): void {
  switch (event.type) {
    case "handler_error":
      return logger.error("a handler failed: {error}", { ...event });
    case "listener_error":
      return logger.error("the listening socket failed: {message}", {
        ...event,
      });
    case "certificate_refused":
      return logger.warn("certificate of {remoteAddress} refused: {message}", {
        ...event,
      });
    default:
      return logger.debug("{type} {remoteAddress}", { ...event });
  }
}
