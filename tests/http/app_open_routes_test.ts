import { deepEqual, equal, match } from "node:assert/strict";
import { PROTOCOLS, serveApi } from "../helpers/api.ts";

Deno.test("GET /healthz and /readyz answer without a certificate", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    for (const caller of ["nobody", "foreign", "node", "alice"] as const) {
      await t.step(`${caller} ${protocol}`, async () => {
        for (const path of ["/healthz", "/readyz"]) {
          const { status, json } = await api.as(caller, protocol).get(path);
          deepEqual([status, json], [200, { status: "ok" }]);
        }
      });
    }
  }
});

Deno.test("GET /readyz answers 503 when the server can't take work", async () => {
  await using api = await serveApi();
  api.unready = "the server is shutting down";
  const { status, json } = await api.as("nobody").get("/readyz");
  deepEqual([status, json.code], [503, "UNAVAILABLE"]);
  equal(json.detail, "the server is shutting down");
  equal((await api.as("nobody").get("/healthz")).status, 200);
});

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (-?[0-9.e+]+|NaN|[+-]Inf)$`,
);

Deno.test("GET /metrics is the text format of Prometheus, and counts jobs by state", async () => {
  await using api = await serveApi();
  const alice = api.as("alice");
  await alice.finish("exit 0");
  await alice.finish("exit 0");
  await alice.finish("exit 1");
  await alice.start({ command: "sleep", args: ["60"] });
  for (let scrape = 0; scrape < 2; scrape++) {
    const { status, headers, text } = await api.as("bob").get("/metrics");
    equal(status, 200);
    match(headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
    const typed = new Set<string>();
    const samples = new Map<string, number>();
    equal(text.endsWith("\n"), true);
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const type = new RegExp(`^# TYPE (${NAME}) (?:gauge|counter)$`).exec(
        line,
      );
      if (type) typed.add(type[1]!);
      if (line.startsWith("#")) {
        match(line, new RegExp(`^# (?:TYPE|HELP) ${NAME} .+$`));
        continue;
      }
      const sample = SAMPLE.exec(line);
      equal(sample !== null, true, line);
      equal(typed.has(sample![1]!), true, `no type before ${line}`);
      samples.set(
        sample![2] ? `${sample![1]}{${sample![2]}}` : sample![1]!,
        Number(sample![3]),
      );
    }
    equal(samples.get('worker_jobs{state="succeeded"}'), 2);
    equal(samples.get('worker_jobs{state="failed"}'), 1);
    equal(samples.get('worker_jobs{state="running"}'), 1);
    equal(samples.get('worker_build_info{version="1.2.3"}'), 1);
    equal(samples.get("worker_connections"), api.listener.connections);
    equal(samples.get("process_resident_memory_bytes")! > 1e6, true);
  }
});
