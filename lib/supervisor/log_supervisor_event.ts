import { getLogger } from "@logtape/logtape";
import type { SupervisorEvent } from "./supervisor_event.ts";

const logger = getLogger(["worker", "supervisor"]);

/** Writes what happens to services to the log: the ordinary quietly, what somebody must see loudly. */
export function logSupervisorEvent(event: SupervisorEvent): void {
  const properties = { ...event };
  switch (event.type) {
    case "failed":
      return logger.error("the service {service} failed: {error}", properties);
    case "restarting":
      return logger.warn(
        "the service {service} is started again in {delayMs} ms",
        properties,
      );
    case "gave_up":
      return logger.error(
        "the service {service} failed more than {limit} times in {windowMs} ms and is not started again",
        properties,
      );
    case "stopped":
      return event.error === undefined
        ? logger.debug("the service {service} has stopped", properties)
        : logger.warn(
          "the service {service} failed while it stopped: {error}",
          properties,
        );
    case "hung":
      return event.behind.length === 0
        ? logger.error("the service {service} did not stop in time", properties)
        : logger.error(
          "the service {service} was not asked to stop in time: {behind} had to stop first",
          properties,
        );
    case "exit_handler_failed":
      return logger.error(
        "the exit handler {handler} failed: {error}",
        properties,
      );
    case "exit_handler_hung":
      return logger.error(
        "the exit handler {handler} did not end within {deadlineMs} ms",
        properties,
      );
    case "mapping_failed":
      return logger.error(
        "the event {event} was not sent: {error}",
        properties,
      );
    case "shutting_down":
      return logger.info(
        "shutting down, services have {deadlineMs} ms",
        properties,
      );
    case "shut_down":
      return logger.info("shut down in {tookMs} ms", { ...event.report });
    case "ended":
      return event.endsProcess
        ? logger.info(
          "the service {service} asked for the end of the process",
          properties,
        )
        : logger.debug("the service {service} is done", properties);
    case "started":
      return event.restarts === 0
        ? logger.debug("the service {service} has started", properties)
        : logger.info("the service {service} runs again", properties);
    case "stopping":
      return logger.debug("the service {service} is to stop", properties);
  }
}
