import type { JobService } from "../../api/job_service.ts";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { createRoute, z } from "@hono/zod-openapi";
import { FRAMES_MEDIA_TYPE } from "../../api/frame.ts";
import { NDJSON_MEDIA_TYPE } from "../../api/ndjson.ts";
import { authorizeJob } from "../authorize.ts";
import type { App } from "../env.ts";
import {
  chooseFormat,
  OutputFormat,
  RAW_MEDIA_TYPE,
} from "../response/output_format.ts";
import { sendOutput } from "../response/send_output.ts";
import { errorResponses, Flag, JobIdParams, WholeNumber } from "../schemas.ts";

const output = createRoute({
  method: "get",
  path: "/v1/jobs/{id}/output",
  summary: "The output of a job",
  request: {
    params: JobIdParams,
    query: z.object({
      follow: Flag.optional().openapi({
        description: "Go on until the job's end.",
      }),
      from: WholeNumber.optional().openapi({
        description: "Logical offset to begin at.",
      }),
      tail: WholeNumber.optional().openapi({
        description: "Begin at the last so many lines.",
      }),
      stream: z.enum(["stdout", "stderr"]).optional().openapi({
        description: "Only this stream; `stdout` when the format is raw.",
      }),
      format: OutputFormat.optional().openapi({
        description: "Wins over the Accept header.",
      }),
    }),
  },
  responses: {
    200: {
      description:
        "Output, in one of three representations; with `follow` it ends with `end`.",
      content: {
        [NDJSON_MEDIA_TYPE]: { schema: z.string() },
        [RAW_MEDIA_TYPE]: { schema: z.string() },
        [FRAMES_MEDIA_TYPE]: { schema: z.string() },
      },
    },
    ...errorResponses,
  },
});

/** Reading and following output. */
export function outputRoute(app: App, { jobs }: { jobs: JobService }): void {
  app.openapi(output, async (c) => {
    const { id } = c.req.valid("param");
    await authorizeJob(c, { jobs, id, to: "read" });
    const { follow, from, tail, stream, format: asked } = c.req.valid("query");
    const format = chooseFormat(asked, c.req.header("accept"));
    const only = stream ?? (format === "raw" ? "stdout" : undefined);
    const source = await jobs.output(id, {
      follow: follow ?? false,
      ...(from !== undefined && { from }),
      ...(tail !== undefined && { tail }),
      ...(only !== undefined && format !== "raw" && { stream: only }),
    });
    sendOutput(c, source, {
      format,
      stream: only ?? "stdout",
      follow: follow ?? false,
    });
    return RESPONSE_ALREADY_SENT as never;
  });
}
