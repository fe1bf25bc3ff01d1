import { getLogger } from "@logtape/logtape";
import { WorkerError } from "../api/errors.ts";
import { messageOf } from "./message_of.ts";
import type { SupervisorEvent } from "./supervisor_event.ts";

const logger = getLogger(["worker", "supervisor"]);

/** Writes what happens to services to the log: the ordinary quietly, what somebody must see loudly. */
export function logSupervisorEvent(event: SupervisorEvent): void {
  const facts = {
    ...event,
    ...("error" in event ? factsOf(event.error) : {}),
  };
  switch (event.type) {
    case "started":
      return event.restarts === 0
        ? logger.debug("the service {service} has started", facts)
        : logger.info("the service {service} runs again", facts);
    case "ended":
      return event.endsProcess
        ? logger.info("the service {service} ends the process", facts)
        : logger.debug("the service {service} is done", facts);
    case "failed":
      return event.critical
        ? logger.error(
          "the service {service} failed, which ends the process: {problem}",
          facts,
        )
        : logger.error("the service {service} failed: {problem}", facts);
    case "restarting":
      return logger.warn("the service {service} runs again in {delayMs} ms", {
        ...facts,
        delayMs: Math.round(event.delayMs),
      });
    case "gave_up":
      return logger.error(
        "the service {service} failed after {limit} restarts within {windowMs} ms and is not started again",
        facts,
      );
    case "stopping":
      return logger.debug("the service {service} is to stop", facts);
    case "stopped":
      return event.error === undefined
        ? logger.debug("the service {service} has stopped", facts)
        : logger.warn(
          "the service {service} failed while it stopped: {problem}",
          facts,
        );
    case "hung":
      return event.behind.length === 0
        ? logger.error("the service {service} did not stop in time", facts)
        : logger.error(
          "the service {service} was asked to stop too late: {behind} did not stop in time",
          facts,
        );
    case "exit_handler_failed":
      return logger.error(
        "the exit handler {handler} failed: {problem}",
        facts,
      );
    case "exit_handler_hung":
      return logger.error(
        "the exit handler {handler} did not end within {deadlineMs} ms",
        facts,
      );
    case "mapping_failed":
      return logger.error("the event {event} was not sent: {problem}", facts);
    case "shutting_down":
      return event.graceful
        ? logger.info("shutting down, at most {deadlineMs} ms", facts)
        : logger.info("shutting down at once, at most {deadlineMs} ms", facts);
    case "shut_down":
      return logger.info("shut down in {tookMs} ms", {
        ...event.report,
        tookMs: Math.round(event.report.tookMs),
      });
  }
}

/** What is told of an error: its stack only when nobody foresaw it. */
function factsOf(error: unknown): { problem: string; error?: unknown } {
  const foreseen = error instanceof WorkerError && error.code !== "INTERNAL";
  return {
    problem: messageOf(error),
    ...(foreseen ? { error: { code: error.code } } : {}),
  };
}
