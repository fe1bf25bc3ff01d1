import { deepEqual, equal } from "node:assert/strict";
import { PROTOCOLS, serveApi } from "../helpers/api.ts";

Deno.test("POST /v1/jobs/{id}/pause and /resume answer with the job as the service has it", async (t) => {
  await using api = await serveApi();
  const asked: string[] = [];
  api.jobs.pause = async (id) => {
    asked.push(`pause ${id}`);
    return { ...await api.jobs.get(id), paused: true };
  };
  api.jobs.resume = (id) => {
    asked.push(`resume ${id}`);
    return api.jobs.get(id);
  };
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const alice = api.as("alice", protocol);
      const { id } = await alice.start({ command: "sleep", args: ["60"] });
      for (const action of ["pause", "resume"]) {
        const { status, json } = await alice.post(`/v1/jobs/${id}/${action}`);
        deepEqual([status, json.id, json.paused], [
          200,
          id,
          action === "pause",
        ]);
        equal(asked.pop(), `${action} ${id}`);
      }
    });
  }
});

Deno.test("POST /v1/jobs/{id}/pause is refused when the job is somebody else's", async () => {
  await using api = await serveApi();
  const { id } = await api.as("alice").start({
    command: "sleep",
    args: ["60"],
  });
  for (const action of ["pause", "resume"]) {
    const { status, json } = await api.as("bob").post(
      `/v1/jobs/${id}/${action}`,
    );
    deepEqual([status, json.code], [403, "PERMISSION_DENIED"]);
  }
});
