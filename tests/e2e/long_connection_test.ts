import { deepEqual, equal, match } from "node:assert/strict";
import { RecordStream } from "../helpers/record_stream.ts";
import { waitFor } from "../helpers/wait_for.ts";
import { httpClient } from "../helpers/peers.ts";
import type { Credentials } from "../helpers/credentials.ts";
import { startWorker } from "../helpers/worker.ts";

async function texts({ cacert, cert, key }: Credentials) {
  const [ca, certificate, privateKey] = await Promise.all(
    [cacert, cert, key].map((path) => Deno.readTextFile(path)),
  ) as [string, string, string];
  return { ca, client: { cert: certificate, key: privateKey } };
}

Deno.test("a connection is refused its next request when its certificate has expired meanwhile", async (t) => {
  await using worker = await startWorker();
  for (const http2 of [true, false]) {
    await t.step(http2 ? "h2" : "http/1.1", async () => {
      const name = http2 ? "short-two" : "short-one";
      const { ca, client } = await texts(
        await worker.issue(name, ["--ttl", "3s"]),
      );
      using pool = httpClient({ ca, client, http2 });
      const url = `https://${worker.addr}/v1/jobs`;
      const ask = () => fetch(url, { client: pool });
      const first = await ask();
      deepEqual([first.status, await first.json()], [200, []]);
      const problem = await waitFor("the refusal", async () => {
        const answer = await ask();
        const json = await answer.json();
        return answer.status === 200 ? null : json;
      });
      deepEqual([problem.status, problem.code], [401, "UNAUTHENTICATED"]);
      match(problem.detail, /expired/);
    });
  }
});

Deno.test("requests of one connection get on while it follows, and SIGHUP cuts nothing", async () => {
  await using worker = await startWorker();
  const { ca, client } = await texts(worker.admin);
  using pool = httpClient({ ca, client });
  const open = (path: string, init: RequestInit = {}) =>
    fetch(`https://${worker.addr}${path}`, { ...init, client: pool });
  const go = `${worker.folder}/go`;
  const run = await open("/v1/run", {
    method: "POST",
    body: JSON.stringify({
      command: "sh",
      args: [
        "-c",
        `echo one; until [ -e ${go} ]; do sleep 0.02; done; echo two`,
      ],
    }),
  });
  await using stream = new RecordStream(run);
  equal((await stream.next()).type, "job");
  equal((await stream.next()).data, "one\n");
  for (let round = 0; round < 3; round++) {
    const before = worker.log.split("certificates reloaded").length;
    Deno.kill(worker.pid, "SIGHUP");
    await waitFor(
      "the reload",
      () => worker.log.split("certificates reloaded").length > before,
    );
    equal((await (await open("/v1/jobs?state=running")).json()).length, 1);
  }
  await Deno.writeTextFile(go, "");
  equal((await stream.next()).data, "two\n");
  equal((await stream.next()).type, "end");
  equal(await stream.next(), null);
});
