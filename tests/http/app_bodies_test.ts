import { deepEqual, equal, match } from "node:assert/strict";
import { PROTOCOLS, serveApi } from "../helpers/api.ts";

Deno.test("POST /v1/jobs reads JSON whatever the Content-Type says", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    for (
      const type of [
        "application/json",
        "application/json; charset=utf-8",
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data",
        "nonsense",
      ]
    ) {
      await t.step(`${type} ${protocol}`, async () => {
        const { status, json } = await api.as("alice", protocol).ask(
          "/v1/jobs",
          {
            method: "POST",
            headers: { "content-type": type },
            body: `{"command":"echo","args":["ä","\\u00e4","🦕"]}`,
          },
        );
        equal(status, 201);
        deepEqual(json.args, ["ä", "ä", "🦕"]);
      });
    }
    await t.step(`none ${protocol}`, async () => {
      const { status } = await api.as("alice", protocol).ask("/v1/jobs", {
        method: "POST",
        body: new Blob([`{"command":"true"}`]),
      });
      equal(status, 201);
    });
  }
});

Deno.test("POST /v1/jobs names what is wrong when a body is", async (t) => {
  await using api = await serveApi();
  const deep = "[".repeat(100_000);
  const cases: [string, string, RegExp][] = [
    ["empty", "", /body|required|object/i],
    ["malformed", "{command", /not JSON/],
    ["cut", `{"command":"id"`, /not JSON/],
    ["null", "null", /object/],
    ["a list", "[]", /object/],
    ["a text", `"id"`, /object/],
    ["deep nesting, open", deep, /not JSON/],
    ["deep nesting", deep + "]".repeat(100_000), /object|not JSON/],
    [
      "deep object",
      `{"labels":${`{"a":`.repeat(50_000)}1${"}".repeat(50_001)}`,
      /labels|not JSON|command/,
    ],
    ["empty command", `{"command":""}`, /^command: must not be empty/],
    ["no command", `{"args":[]}`, /^command: /],
    ["unknown field", `{"command":"id","shell":true}`, /"shell"/],
    ["proto", `{"command":"id","__proto__":{}}`, /"__proto__"/],
    ["number in args", `{"command":"id","args":["a",1]}`, /^args\.1: /],
    ["args a text", `{"command":"id","args":"-u"}`, /^args: /],
    ["NUL", `{"command":"id","args":["\\u0000"]}`, /^args\.0: /],
    [
      "relative cwd",
      `{"command":"id","cwd":"tmp"}`,
      /^cwd: must be an absolute/,
    ],
    ["env name", `{"command":"id","env":{"A=B":"x"}}`, /^env/],
    ["timeout", `{"command":"id","timeout":"-1s"}`, /^timeout: /],
    ["timeout as a number", `{"command":"id","timeout":5}`, /^timeout: /],
    [
      "memory",
      `{"command":"id","limits":{"memory":"lots"}}`,
      /^limits\.memory: /,
    ],
    ["unknown limit", `{"command":"id","limits":{"gpu":1}}`, /"gpu"/],
    ["pids", `{"command":"id","limits":{"pids":0}}`, /^limits\.pids: /],
    ["stdin", `{"command":"id","stdin":"yes"}`, /^stdin: /],
    ["label", `{"command":"id","labels":{"a":1}}`, /^labels\.a: /],
  ];
  for (const [what, body, said] of cases) {
    for (const protocol of PROTOCOLS) {
      await t.step(`${what} ${protocol}`, async () => {
        const { status, headers, json } = await api.as("alice", protocol).post(
          "/v1/jobs",
          body,
        );
        deepEqual([status, json?.code], [400, "INVALID_ARGUMENT"]);
        equal(headers.get("content-type"), "application/problem+json");
        match(json.detail, said);
        equal(json.detail.length < 400, true, "a problem is for people");
      });
    }
  }
  deepEqual(await api.jobs.list(), []);
});

/** `bytes` bytes that are the start of a JSON text, made as they are read. */
function endlessText(bytes: number): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode("x".repeat(64 * 1024));
  let left = bytes;
  return new ReadableStream({
    start: (controller) =>
      controller.enqueue(new TextEncoder().encode(`{"command":"`)),
    pull(controller) {
      if (left <= 0) return controller.close();
      left -= chunk.length;
      controller.enqueue(chunk.slice());
    },
  });
}

Deno.test("POST /v1/jobs refuses 100 MB without reading them, of known or unknown length", async (t) => {
  await using api = await serveApi();
  for (const protocol of PROTOCOLS) {
    for (const headers of [{}, { "content-length": "100000000" }]) {
      const what = "content-length" in headers ? "known" : "unknown";
      await t.step(`${what} ${protocol}`, async () => {
        const before = Deno.memoryUsage().rss;
        const answer = await api.as("alice", protocol).ask("/v1/jobs", {
          method: "POST",
          headers,
          body: endlessText(100_000_000),
          duplex: "half",
        });
        deepEqual([answer.status, answer.json.code], [
          400,
          "INVALID_ARGUMENT",
        ]);
        match(answer.json.detail, /larger than 1 MiB/);
        equal(Deno.memoryUsage().rss - before < 64 * 2 ** 20, true);
        equal((await api.as("alice", protocol).get("/v1/jobs")).status, 200);
      });
    }
  }
});

Deno.test("the API refuses what a web page of another origin sends", async (t) => {
  await using api = await serveApi();
  const { origin } = api;
  const cases: [Record<string, string>, number][] = [
    [{}, 201],
    [{ "sec-fetch-site": "none" }, 201],
    [{ "sec-fetch-site": "same-origin", origin }, 201],
    [{ origin }, 201],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ "sec-fetch-site": "same-site" }, 403],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: "https://localhost" }, 403],
    [{ origin: origin.replace("https:", "http:") }, 403],
    [{ "sec-fetch-site": "same-origin", origin: "https://evil.example" }, 403],
  ];
  for (const [headers, expected] of cases) {
    for (const protocol of PROTOCOLS) {
      await t.step(`${JSON.stringify(headers)} ${protocol}`, async () => {
        const { status, json } = await api.as("alice", protocol).ask(
          "/v1/jobs",
          { method: "POST", headers, body: `{"command":"true"}` },
        );
        equal(status, expected);
        if (expected === 403) equal(json.code, "PERMISSION_DENIED");
      });
    }
  }
});
