import type { JobService } from "../../api/job_service.ts";
import { setBody } from "../middleware/read_body.ts";
import { createRoute } from "@hono/zod-openapi";
import { parseDuration } from "../../api/duration.ts";
import {
  JobSchema,
  SignalRequestSchema,
  StopRequestSchema,
} from "../../api/job_schema.ts";
import { audited } from "../audited.ts";
import { authorizeJob } from "../authorize.ts";
import type { App } from "../env.ts";
import {
  errorResponses,
  JobIdParams,
  jsonBody,
  jsonResponse,
  named,
} from "../schemas.ts";
import { whileServing } from "../listener/while_serving.ts";

const NamedJobSchema = named("Job", JobSchema);

const stop = createRoute({
  method: "post",
  path: "/v1/jobs/{id}/stop",
  middleware: audited("job.stop"),
  summary: "Stop a job with everything it started; answers when it is final",
  request: {
    params: JobIdParams,
    body: {
      content: {
        "application/json": {
          schema: named("StopRequest", StopRequestSchema),
        },
      },
    },
  },
  responses: {
    200: jsonResponse("The job, final.", NamedJobSchema),
    ...errorResponses,
  },
});

const signal = createRoute({
  method: "post",
  path: "/v1/jobs/{id}/signal",
  middleware: audited("job.signal"),
  summary: "Send a signal to a job's process group",
  request: {
    params: JobIdParams,
    body: jsonBody(named("SignalRequest", SignalRequestSchema)),
  },
  responses: {
    200: jsonResponse("The job.", NamedJobSchema),
    ...errorResponses,
  },
});

const pause = createRoute({
  method: "post",
  path: "/v1/jobs/{id}/pause",
  middleware: audited("job.pause"),
  summary: "Freeze all of a job until it is resumed",
  request: { params: JobIdParams },
  responses: {
    200: jsonResponse("The job, paused.", NamedJobSchema),
    ...errorResponses,
  },
});

const resume = createRoute({
  method: "post",
  path: "/v1/jobs/{id}/resume",
  middleware: audited("job.resume"),
  summary: "Let a paused job go on",
  request: { params: JobIdParams },
  responses: {
    200: jsonResponse("The job.", NamedJobSchema),
    ...errorResponses,
  },
});

/** Stopping, signalling and pausing jobs. */
export function signalRoutes(app: App, { jobs }: { jobs: JobService }): void {
  app.use("/v1/jobs/:id/stop", async (c, next) => {
    // Nothing to say is the usual way to stop a job: an empty body stands for all defaults.
    if (await c.req.text() === "") setBody(c, "{}");
    await next();
  });

  app.openapi(stop, async (c) => {
    const { id } = c.req.valid("param");
    await authorizeJob(c, { jobs, id, to: "change" });
    const { signal: name, grace } = c.req.valid("json");
    c.var.audit.note({ detail: { signal: name, grace } });
    const job = await whileServing(
      c,
      (signal) => jobs.stop(id, { name, grace: parseDuration(grace), signal }),
    );
    return c.json(job, 200);
  });

  app.openapi(signal, async (c) => {
    const { id } = c.req.valid("param");
    await authorizeJob(c, { jobs, id, to: "change" });
    const { signal: name } = c.req.valid("json");
    c.var.audit.note({ detail: { signal: name } });
    return c.json(await jobs.signal(id, name), 200);
  });

  app.openapi(pause, async (c) => {
    const { id } = c.req.valid("param");
    await authorizeJob(c, { jobs, id, to: "change" });
    return c.json(await jobs.pause(id), 200);
  });

  app.openapi(resume, async (c) => {
    const { id } = c.req.valid("param");
    await authorizeJob(c, { jobs, id, to: "change" });
    return c.json(await jobs.resume(id), 200);
  });
}
