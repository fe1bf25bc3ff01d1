import type { JobService } from "../../api/job_service.ts";
import { createRoute, z } from "@hono/zod-openapi";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { JobSchema, JobSpecSchema } from "../../api/job_schema.ts";
import { NDJSON_MEDIA_TYPE } from "../../api/ndjson.ts";
import { START_KEY_HEADER } from "../../api/start_key.ts";
import { noteJob, noteStart } from "../audit_notes.ts";
import { audited } from "../audited.ts";
import { authorizeFilter, authorizeJob } from "../authorize.ts";
import type { App } from "../env.ts";
import { parseFilter } from "../job_filter.ts";
import { ResponseSink } from "../response/response_sink.ts";
import { whileServing } from "../listener/while_serving.ts";
import {
  errorResponses,
  Flag,
  JobIdParams,
  jsonBody,
  jsonResponse,
  named,
  StartHeaders,
  WholeNumber,
} from "../schemas.ts";

const NamedJobSchema = named("Job", JobSchema);
const NamedJobSpecSchema = named("JobSpec", JobSpecSchema);

const start = createRoute({
  method: "post",
  path: "/v1/jobs",
  middleware: audited("job.start"),
  summary: "Start a job",
  request: { headers: StartHeaders, body: jsonBody(NamedJobSpecSchema) },
  responses: {
    201: jsonResponse(
      "The job was started, or is `pending` until it may be.",
      NamedJobSchema,
    ),
    ...errorResponses,
  },
});

const list = createRoute({
  method: "get",
  path: "/v1/jobs",
  summary: "List jobs, or watch them",
  request: {
    query: z.object({
      state: z.string().optional().openapi({
        description: "States, separated by commas.",
      }),
      owner: z.string().optional(),
      label: z.union([z.string(), z.array(z.string())]).optional().openapi({
        description: "`key=value`; may be given more than once.",
      }),
      limit: WholeNumber.optional(),
      after: z.string().optional().openapi({
        description: "Only jobs created after this one.",
      }),
      watch: Flag.optional().openapi({
        description: "Stream changes as NDJSON.",
      }),
    }),
  },
  responses: {
    200: {
      description:
        "Jobs, oldest first; with `watch=true` a record a line, without end.",
      content: {
        "application/json": { schema: z.array(NamedJobSchema) },
        [NDJSON_MEDIA_TYPE]: { schema: z.string() },
      },
    },
    ...errorResponses,
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/jobs/{id}",
  summary: "The status of a job",
  request: {
    params: JobIdParams,
    query: z.object({
      wait: Flag.optional().openapi({
        description: "Answer when it is final.",
      }),
    }),
  },
  responses: {
    200: jsonResponse("The job.", NamedJobSchema),
    ...errorResponses,
  },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/jobs/{id}",
  middleware: audited("job.remove"),
  summary: "Remove a final job and its output",
  request: { params: JobIdParams },
  responses: { 204: { description: "It is gone." }, ...errorResponses },
});

/** Starting, listing, reading and removing jobs. */
export function jobRoutes(app: App, { jobs }: { jobs: JobService }): void {
  app.openapi(start, async (c) => {
    const spec = c.req.valid("json");
    const key = c.req.valid("header")[START_KEY_HEADER];
    noteStart(c, spec);
    const job = await jobs.start(spec, { owner: c.var.identity.name, key });
    noteJob(c, job);
    return c.json(job, 201, { location: `/v1/jobs/${job.id}` });
  });

  app.openapi(list, async (c) => {
    const { watch, ...query } = c.req.valid("query");
    const filter = authorizeFilter(parseFilter(query), c.var.identity);
    if (!watch) return c.json(await jobs.list(filter), 200);
    const sink = new ResponseSink(c, { "content-type": NDJSON_MEDIA_TYPE });
    sink.pump(async () => {
      for await (const job of jobs.watch(filter, { signal: sink.closed })) {
        sink.write(JSON.stringify({ type: "job", ...job }) + "\n");
        await sink.ready();
      }
    }, { follow: true });
    return RESPONSE_ALREADY_SENT as never;
  });

  app.openapi(get, async (c) => {
    const { id } = c.req.valid("param");
    const job = await authorizeJob(c, { jobs, id, to: "read" });
    if (!c.req.valid("query").wait || job.exit !== null) {
      return c.json(job, 200);
    }
    return c.json(
      await whileServing(
        c,
        (signal) => jobs.get(id, { wait: true, signal }),
      ),
      200,
    );
  });

  app.openapi(remove, async (c) => {
    const { id } = c.req.valid("param");
    await authorizeJob(c, { jobs, id, to: "remove" });
    await jobs.remove(id);
    return c.body(null, 204);
  });
}
