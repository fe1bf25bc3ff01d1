import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { z } from "@hono/zod-openapi";
import { WorkerError } from "../api/errors.ts";
import { NDJSON_MEDIA_TYPE } from "../api/ndjson.ts";
import type { App } from "../http/env.ts";
import { ResponseSink } from "../http/response_sink.ts";
import type { LogChange } from "../jobs/log_change.ts";
import type { LogFollower } from "../jobs/output_log.ts";

/** What the routes of logs need of a job supervisor. */
export interface LogSource {
  log(id: string, options: { signal: AbortSignal }): AsyncIterable<LogChange>;
  follower(id: string): LogFollower | null;
}

const Progress = z.strictObject({
  /** The name that the reader gave itself. */
  reader: z.string(),
  /** Offset of the next byte it will read; null when it does not read now. */
  offset: z.int().nonnegative().nullable(),
});

/** How logs grow, for those who read their files; and how far those are. */
export function logRoutes(app: App, jobs: LogSource): void {
  const followers = new Map<string, LogFollower>();

  app.get("/v1/jobs/:id/log", (c) => {
    const id = c.req.param("id");
    const reader = c.req.query("reader") ?? "";
    const closed = new AbortController();
    const changes = jobs.log(id, { signal: closed.signal });
    const follower = jobs.follower(id);
    const sink = new ResponseSink(c, { "content-type": NDJSON_MEDIA_TYPE });
    if (follower !== null) followers.set(reader, follower);
    sink.closed.addEventListener("abort", () => {
      closed.abort();
      followers.delete(reader);
      follower?.[Symbol.dispose]();
    });
    sink.pump(async () => {
      for await (const change of changes) {
        sink.write(JSON.stringify(change) + "\n");
        await sink.ready();
      }
    });
    return RESPONSE_ALREADY_SENT as never;
  });

  app.post("/v1/jobs/:id/log/progress", async (c) => {
    const progress = Progress.safeParse(await c.req.json());
    if (!progress.success) {
      throw new WorkerError(
        "INVALID_ARGUMENT",
        `cannot note the progress of a reader: ${progress.error.message}`,
      );
    }
    const { reader, offset } = progress.data;
    followers.get(reader)?.progress(offset ?? Infinity);
    return c.body(null, 204);
  });
}
