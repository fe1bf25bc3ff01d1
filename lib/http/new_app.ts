import { OpenAPIHono } from "@hono/zod-openapi";
import { WorkerError } from "../api/errors.ts";
import type { App, AppEnv } from "./env.ts";
import { problemResponse } from "./response/problem_response.ts";

/** An app without routes: whatever goes wrong in one is answered as a problem document. */
export function newApp(): App {
  const app: App = new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const issue = result.error.issues[0]!;
      const field = issue.path.join(".");
      throw new WorkerError(
        "INVALID_ARGUMENT",
        field ? `${field}: ${issue.message}` : issue.message,
      );
    },
  });
  app.onError(problemResponse);
  app.notFound((c) =>
    problemResponse(
      new WorkerError(
        "NOT_FOUND",
        `there is no "${c.req.method} ${c.req.path}" here`,
      ),
      c,
    )
  );
  return app;
}
