import type { JobService } from "../../api/job_service.ts";
import { createRoute, z } from "@hono/zod-openapi";
import { JobSchema } from "../../api/job_schema.ts";
import { audited } from "../audited.ts";
import { authorizeJob } from "../authorize.ts";
import type { App } from "../env.ts";
import {
  errorResponses,
  JobIdParams,
  jsonResponse,
  named,
} from "../schemas.ts";

const input = createRoute({
  method: "post",
  path: "/v1/jobs/{id}/input",
  middleware: audited("job.input"),
  summary:
    "Write the request body to a job's standard input; its end closes it",
  description:
    "The body may be of any size. When it is cut, standard input stays open.",
  request: {
    params: JobIdParams,
    body: { content: { "application/octet-stream": { schema: z.string() } } },
  },
  responses: {
    200: jsonResponse("All of it was written.", named("Job", JobSchema)),
    ...errorResponses,
  },
});

/** Standard input of a job. It takes bytes, so it comes before what reads bodies as JSON. */
export function inputRoute(app: App, { jobs }: { jobs: JobService }): void {
  app.openapi(input, async (c) => {
    const { id } = c.req.valid("param");
    await authorizeJob(c, { jobs, id, to: "change" });
    const body = c.env.incoming as AsyncIterable<Uint8Array>;
    return c.json(
      await jobs.input(id, body, { signal: c.req.raw.signal }),
      200,
    );
  });
}
