import type { JobService } from "../../api/job_service.ts";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { createRoute, z } from "@hono/zod-openapi";
import { FRAMES_MEDIA_TYPE } from "../../api/frame.ts";
import { JobSpecSchema } from "../../api/job_schema.ts";
import { NDJSON_MEDIA_TYPE } from "../../api/ndjson.ts";
import { START_KEY_HEADER } from "../../api/start_key.ts";
import { noteJob, noteStart } from "../audit_notes.ts";
import { audited } from "../audited.ts";
import type { App } from "../env.ts";
import {
  chooseFormat,
  OutputFormat,
  RAW_MEDIA_TYPE,
} from "../response/output_format.ts";
import { errorResponses, jsonBody, named, StartHeaders } from "../schemas.ts";
import { sendOutput } from "../response/send_output.ts";

const run = createRoute({
  method: "post",
  path: "/v1/run",
  middleware: audited("job.run"),
  summary: "Start a job and stream its output: a `job` record, output, `end`",
  description:
    "The job goes on when the connection breaks; `Location` says where to follow it.",
  request: {
    query: z.object({ format: OutputFormat.optional() }),
    headers: StartHeaders,
    body: jsonBody(named("JobSpec", JobSpecSchema)),
  },
  responses: {
    200: {
      description: "The job was started; its output follows.",
      content: {
        [NDJSON_MEDIA_TYPE]: { schema: z.string() },
        [RAW_MEDIA_TYPE]: { schema: z.string() },
        [FRAMES_MEDIA_TYPE]: { schema: z.string() },
      },
    },
    ...errorResponses,
  },
});

/** Start and follow in one call. */
export function runRoute(app: App, { jobs }: { jobs: JobService }): void {
  app.openapi(run, async (c) => {
    const format = chooseFormat(
      c.req.valid("query").format,
      c.req.header("accept"),
    );
    const spec = c.req.valid("json");
    const key = c.req.valid("header")[START_KEY_HEADER];
    noteStart(c, spec);
    const job = await jobs.start(spec, {
      owner: c.var.identity.name,
      follow: true,
      key,
    });
    noteJob(c, job);
    const source = await jobs.output(job.id, { follow: true });
    // The answer begins before the route is done.
    c.var.audit.record(200);
    sendOutput(c, source, { format, job, stream: "stdout", follow: true });
    return RESPONSE_ALREADY_SENT as never;
  });
}
