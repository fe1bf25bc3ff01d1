import { deepEqual, match } from "node:assert/strict";
import { PROTOCOLS, serveApi } from "../helpers/api.ts";

const UNKNOWN = "01k00000000000000000000000";

Deno.test("an unknown path or method is told to be one", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    for (
      const [method, path] of [
        ["GET", "/"],
        ["GET", "/v1/nothing"],
        ["PUT", "/v1/jobs"],
        ["PATCH", `/v1/jobs/${UNKNOWN}`],
        ["GET", "/v1/run"],
        ["GET", `/v1/jobs/${UNKNOWN}/stop`],
        ["POST", "/healthz"],
        ["GET", "/v1/jobs/"],
      ] as const
    ) {
      await t.step(`${method} ${path} ${protocol}`, async () => {
        const { status, json } = await api.as("alice", protocol).ask(path, {
          method,
        });
        deepEqual([status, json?.code], [404, "NOT_FOUND"]);
        match(json.detail, new RegExp(`"${method} ${path}"`));
      });
    }
  }
});
