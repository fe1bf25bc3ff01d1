import { deepEqual, equal } from "node:assert/strict";
import { JobClient, NodeTransport } from "../../lib/client/mod.ts";
import type { Transport } from "../../lib/client/mod.ts";
import { exampleJob } from "../helpers/example_job.ts";

Deno.test("NodeTransport asks for every path below the node", async () => {
  const paths: string[] = [];
  using inner: Transport = {
    address: "proxy:7443",
    fetch(path) {
      paths.push(path);
      return Promise.resolve(
        path.endsWith("/run")
          ? new Response(null)
          : Response.json(exampleJob()),
      );
    },
    [Symbol.dispose]() {},
  };
  using node = new NodeTransport(inner, "a/../b web");
  const client = new JobClient(node);
  await client.get("j");
  await client.list({ limit: 1 });
  await client.run({ command: "true" }).then((body) =>
    body[Symbol.asyncDispose]()
  );
  await node.fetch("/v1/events?limit=3");
  const prefix = "/v1/nodes/a%2F..%2Fb%20web";
  deepEqual(paths, [
    `${prefix}/jobs/j`,
    `${prefix}/jobs?limit=1`,
    `${prefix}/run`,
    `${prefix}/events?limit=3`,
  ]);
  equal(client.address, "a/../b web through proxy:7443");
});
