import { deepEqual, equal } from "node:assert/strict";
import { PROTOCOLS, serveApi, type ServedApi } from "../../helpers/api.ts";
import type { Protocol } from "../../helpers/api_client.ts";

/** Uploads without end until the server has it given up, and answers what the server said. */
async function uploadEndlessly(
  api: ServedApi,
  { path, protocol }: { path: string; protocol: Protocol },
): Promise<[status: number, code: string]> {
  const givenUp = Promise.withResolvers<void>();
  const chunk = new Uint8Array(16 * 1024);
  const answer = await api.as("alice", protocol).ask(path, {
    method: "POST",
    duplex: "half",
    body: new ReadableStream({
      pull: (controller) => controller.enqueue(chunk.slice()),
      cancel: () => givenUp.resolve(),
    }),
  });
  await givenUp.promise;
  return [answer.status, answer.json.code];
}

Deno.test("dropBody() ends an upload when the request is answered already", async (t) => {
  await using api = await serveApi();
  const { id } = await api.as("alice").finish("exit 0");
  for (const protocol of PROTOCOLS) {
    await t.step(`unread ${protocol}`, async () => {
      const upload = (path: string) => uploadEndlessly(api, { path, protocol });
      deepEqual(await upload("/v1/jobs/none/input"), [404, "NOT_FOUND"]);
      deepEqual(await upload(`/v1/jobs/${id}/input`), [409, "CONFLICT"]);
    });
    await t.step(`half read ${protocol}`, async () => {
      const job = await api.as("alice").start({
        command: "head",
        args: ["-c", "100000"],
        stdin: true,
      });
      const path = `/v1/jobs/${job.id}/input`;
      const [status] = await uploadEndlessly(api, { path, protocol });
      equal(status >= 400, true);
    });
    equal((await api.as("alice", protocol).get("/v1/jobs")).status, 200);
  }
});

Deno.test("requestListener() leaves no timer of its own when a request is answered", async (t) => {
  await using api = await serveApi();
  const original = globalThis.setTimeout;
  for (const protocol of PROTOCOLS) {
    await t.step(protocol, async () => {
      const { id } = await api.as("alice", protocol).finish("exit 0");
      const armed: string[] = [];
      globalThis.setTimeout = ((...given: Parameters<typeof original>) => {
        armed.push(new Error().stack!);
        return original(...given);
      }) as typeof original;
      try {
        await api.as("alice", protocol).delete(`/v1/jobs/${id}`);
        // Its connection has seen to it all when it answers the next one.
        await api.as("alice", protocol).get("/v1/jobs");
      } finally {
        globalThis.setTimeout = original;
      }
      equal(armed.length > 0, true, "connections time their idleness");
      deepEqual(armed.filter((stack) => stack.includes("node-server")), []);
    });
  }
});
