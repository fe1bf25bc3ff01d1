import { WorkerError } from "../api/errors.ts";
import type { Route } from "./host_handler.ts";
import type { LogFeeds } from "./log_feeds.ts";

/** How logs grow, for those who read their files; and how far those are. */
export function logRoutes(feeds: LogFeeds): Route[] {
  return [
    ["GET", /^\/v1\/jobs\/([^/]+)\/log$/, async (exchange, id) => {
      const reader = exchange.query.get("reader") ?? "";
      await feeds.send(exchange, { id, reader });
    }],
    ["POST", /^\/v1\/jobs\/([^/]+)\/log\/progress$/, async (exchange) => {
      const { reader, offset } = await exchange.json() as {
        reader?: unknown;
        offset?: unknown;
      };
      const known = offset === null ||
        (typeof offset === "number" && offset >= 0);
      if (typeof reader !== "string" || !known) {
        throw new WorkerError(
          "INVALID_ARGUMENT",
          "cannot note the progress of a reader: name it, with an offset or null",
        );
      }
      feeds.progress(reader, offset as number | null ?? Infinity);
      exchange.answer(undefined);
    }],
  ];
}
