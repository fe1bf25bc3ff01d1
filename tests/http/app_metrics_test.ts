import { deepEqual, equal, match } from "node:assert/strict";
import { PROTOCOLS, serveApi, type ServedApi } from "../helpers/api.ts";
import { hasPromtool, promtoolProblems, Scraped } from "../helpers/scraped.ts";
import { waitFor } from "../helpers/wait_for.ts";

async function scrape(api: ServedApi): Promise<Scraped> {
  const { status, headers, text } = await api.as("bob").get("/metrics");
  equal(status, 200);
  match(headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
  return new Scraped(text);
}

Deno.test("GET /metrics counts jobs by state, their starts, their ends and what they print", async () => {
  await using api = await serveApi();
  const alice = api.as("alice");
  await alice.finish("echo out; echo err >&2");
  await alice.finish("exit 0");
  await alice.finish("exit 1");
  await alice.finish("kill -9 $$");
  const sleeper = await alice.start({ command: "sleep", args: ["60"] });
  for (let scrapes = 0; scrapes < 2; scrapes++) {
    const scraped = await scrape(api);
    deepEqual(Object.fromEntries(scraped.of("worker_jobs")), {
      '{state="pending"}': 0,
      '{state="running"}': 1,
      '{state="stopping"}': 0,
      '{state="succeeded"}': 2,
      '{state="failed"}': 2,
      '{state="stopped"}': 0,
      '{state="lost"}': 0,
    });
    equal(scraped.value("worker_jobs_started_total"), 5);
    const ended = scraped.of("worker_jobs_ended_total");
    deepEqual(ended.filter(([, value]) => value > 0), [
      ['{reason="exited"}', 3],
      ['{reason="signaled"}', 1],
    ]);
    deepEqual(scraped.of("worker_job_output_bytes_total"), [
      ['{stream="stdout"}', 4],
      ['{stream="stderr"}', 4],
    ]);
  }
  equal((await alice.post(`/v1/jobs/${sleeper.id}/stop`)).status, 200);
  await alice.delete(`/v1/jobs/${sleeper.id}`);
  const after = await scrape(api);
  equal(after.value('worker_jobs_ended_total{reason="stopped"}'), 1);
  equal(after.value('worker_jobs{state="stopped"}'), 0);
});

Deno.test("GET /metrics counts requests by the pattern of their route, whatever is asked for", async () => {
  await using api = await serveApi();
  const alice = api.as("alice");
  await alice.get("/v1/jobs/no-such-job");
  await alice.get("/v1/jobs/01k9zq4t3v8m2c7x5n0b6d1f2g");
  await alice.get("/v1/jobs?state=running");
  await alice.get("/v1/jobs?state=nonsense");
  await alice.get("/v1/secrets/of/alice");
  await alice.ask("/v1/jobs", { method: "PROPFIND" });
  await api.as("nobody").get("/v1/jobs");
  await alice.finish("true");
  const scraped = await scrape(api);
  const requests = scraped.of("worker_http_requests_total");
  const value = (route: string, method: string, status: string) =>
    requests.find(([labels]) =>
      labels === `{route="${route}",method="${method}",status="${status}"}`
    )?.[1];
  equal(value("/v1/jobs/{id}", "GET", "4xx"), 2);
  equal(value("/v1/jobs", "GET", "2xx"), 1);
  equal(value("/v1/jobs", "GET", "4xx"), 2);
  equal(value("/v1/jobs", "POST", "2xx"), 1);
  equal(value("other", "GET", "4xx"), 1);
  equal(value("other", "other", "4xx"), 1);
  equal(/alice|secrets|01k9|PROPFIND/.test(scraped.text), false);
  const buckets = scraped.of("worker_http_request_duration_seconds_bucket")
    .filter(([labels]) =>
      labels.startsWith('{route="/v1/jobs/{id}",method="GET",status="4xx"')
    );
  deepEqual(buckets.map(([, count]) => count).toSorted((a, b) => a - b), [
    ...buckets.map(([, count]) => count),
  ]);
  equal(buckets.at(-1)![1], 2);
});

for (const protocol of PROTOCOLS) {
  Deno.test(`GET /metrics shows answers that are streamed for as long as they are, over ${protocol}`, async () => {
    await using api = await serveApi();
    const alice = api.as("alice", protocol);
    const streams = 'worker_http_streams{route="/v1/jobs/{id}/output"}';
    const { id } = await alice.start({ command: "sleep", args: ["60"] });
    const follower = await alice.open(`/v1/jobs/${id}/output?follow=true`);
    await waitFor(
      "the follower to be counted",
      async () => (await scrape(api)).value(streams) === 1,
    );
    await follower.body!.cancel();
    await waitFor(
      "the follower to be gone",
      async () => (await scrape(api)).value(streams) === 0,
    );
    // An answer that is whole at once is no stream.
    await alice.ask(`/v1/jobs/${id}/output`);
    await alice.ask(`/v1/jobs/${id}/output?follow=true`, { method: "HEAD" });
    await waitFor(
      "both answers to end",
      async () => (await scrape(api)).value(streams) === 0,
    );
  });
}

Deno.test("GET /metrics counts connections, and those whose certificate is refused", async () => {
  await using api = await serveApi();
  await api.as("foreign").get("/healthz");
  const scraped = await scrape(api);
  equal(scraped.value("worker_connections"), api.listener.connections);
  equal(scraped.value("worker_certificates_refused_total"), 1);
  equal(scraped.value("worker_tls_handshakes_failed_total"), 0);
});

Deno.test("GET /metrics shows services: one state each, and how often they were restarted", async () => {
  await using api = await serveApi();
  api.services = [{
    name: "tunnel",
    critical: false,
    state: "restarting",
    since: "2026-11-21T09:00:00.000Z",
    restarts: 3,
    error: "the proxy at /secret/path went away",
  }];
  api.unready = "not yet";
  const scraped = await scrape(api);
  deepEqual(
    scraped.of("worker_service_state").filter(([, value]) => value === 1),
    [['{service="tunnel",state="restarting"}', 1]],
  );
  equal(scraped.of("worker_service_state").length, 7);
  equal(scraped.value('worker_service_restarts_total{service="tunnel"}'), 3);
  equal(scraped.value("worker_ready"), 0);
  equal(scraped.text.includes("/secret/path"), false);
});

Deno.test("GET /metrics knows the process", async () => {
  await using api = await serveApi();
  const scraped = await scrape(api);
  const now = Date.now() / 1000;
  const value = (name: string) => scraped.value(name)!;
  equal(value("process_resident_memory_bytes") > 1e6, true);
  equal(value("process_heap_bytes") > 1e5, true);
  equal(value("process_cpu_seconds_total") > 0, true);
  equal(value("process_open_fds") > 3, true);
  equal(value("process_max_fds") >= value("process_open_fds"), true);
  equal(value("process_start_time_seconds") <= now, true);
  equal(value("process_start_time_seconds") > now - 86_400, true);
  match(scraped.text, /^worker_build_info\{version="1\.2\.3",runtime="deno /m);
});

Deno.test({
  name: "GET /metrics is what promtool approves of",
  // It comes with Debian's package prometheus; the other tests read the format strictly without it.
  ignore: !await hasPromtool(),
  async fn() {
    await using api = await serveApi();
    await api.as("alice").finish("true");
    equal(await promtoolProblems((await scrape(api)).text), "");
  },
});
